<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
    <context>
        <name>Appearance</name>
        <message>
            <source>As the system</source>
            <translation>Wie das System</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message>
            <source>High contrast</source>
            <translation>Hoher Kontrast</translation>
        </message>
    </context>
    <context>
        <name>Commands</name>
        <message>
            <source>Open a model folder</source>
            <translation>Modellordner öffnen</translation>
        </message>
        <message>
            <source>Open a session</source>
            <translation>Sitzung öffnen</translation>
        </message>
        <message>
            <source>Sessions (*.ecdysis)</source>
            <translation>Sitzungen (*.ecdysis)</translation>
        </message>
        <message>
            <source>Save the session</source>
            <translation>Sitzung sichern</translation>
        </message>
        <message>
            <source>Saved as %1</source>
            <translation>Gesichert als %1</translation>
        </message>
        <message>
            <source>Export</source>
            <translation>Exportieren</translation>
        </message>
        <message>
            <source>Written to %1</source>
            <translation>Geschrieben: %1</translation>
        </message>
        <message>
            <source>Figures (*.pdf *.svg *.png)</source>
            <translation>Abbildungen (*.pdf *.svg *.png)</translation>
        </message>
        <message>
            <source>Tables (*.csv)</source>
            <translation>Tabellen (*.csv)</translation>
        </message>
        <message>
            <source>About Ecdysis</source>
            <translation>Über Ecdysis</translation>
        </message>
        <message>
            <source>&lt;h3&gt;Ecdysis %1&lt;/h3&gt;&lt;p&gt;Explore, score and prune state-space and hybrid language models.&lt;/p&gt;&lt;p&gt;Free software under the GNU General Public License, version 3 or later; its core under the Apache License 2.0.&lt;/p&gt;</source>
            <translation>&lt;h3&gt;Ecdysis %1&lt;/h3&gt;&lt;p&gt;Zustandsraum- und hybride Sprachmodelle erkunden, bewerten und beschneiden.&lt;/p&gt;&lt;p&gt;Freie Software unter der GNU General Public License, Version 3 oder neuer; ihr Kern unter der Apache License 2.0.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>&amp;Scan</source>
            <translation>&amp;Messung</translation>
        </message>
        <message>
            <source>&amp;View</source>
            <translation>&amp;Ansicht</translation>
        </message>
        <message>
            <source>&amp;Help</source>
            <translation>&amp;Hilfe</translation>
        </message>
        <message>
            <source>&amp;Open model folder…</source>
            <translation>Modellordner ö&amp;ffnen…</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>Öffnen</translation>
        </message>
        <message>
            <source>Open s&amp;ession…</source>
            <translation>&amp;Sitzung öffnen…</translation>
        </message>
        <message>
            <source>Try the &amp;demo</source>
            <translation>&amp;Beispiel ausprobieren</translation>
        </message>
        <message>
            <source>&amp;Save session as…</source>
            <translation>Sitzung sichern &amp;unter…</translation>
        </message>
        <message>
            <source>Save</source>
            <translation>Sichern</translation>
        </message>
        <message>
            <source>Export &amp;figure…</source>
            <translation>&amp;Abbildung exportieren…</translation>
        </message>
        <message>
            <source>Export &amp;table…</source>
            <translation>&amp;Tabelle exportieren…</translation>
        </message>
        <message>
            <source>&amp;Close model</source>
            <translation>Modell s&amp;chließen</translation>
        </message>
        <message>
            <source>&amp;Quit</source>
            <translation>Beend&amp;en</translation>
        </message>
        <message>
            <source>&amp;Start or continue the scan</source>
            <translation>Messung &amp;beginnen oder fortsetzen</translation>
        </message>
        <message>
            <source>&amp;Cancel what is running</source>
            <translation>Laufendes a&amp;bbrechen</translation>
        </message>
        <message>
            <source>&amp;All commands…</source>
            <translation>Alle &amp;Befehle…</translation>
        </message>
        <message>
            <source>Commands</source>
            <translation>Befehle</translation>
        </message>
        <message>
            <source>View a&amp;lone</source>
            <translation>Ansicht a&amp;llein</translation>
        </message>
        <message>
            <source>&amp;About Ecdysis</source>
            <translation>&amp;Über Ecdysis</translation>
        </message>
        <message>
            <source>&amp;Help on this view</source>
            <translation>&amp;Hilfe zu dieser Ansicht</translation>
        </message>
        <message>
            <source>&amp;Keys</source>
            <translation>&amp;Tasten</translation>
        </message>
        <message>
            <source>Figure copied</source>
            <translation>Abbildung kopiert</translation>
        </message>
        <message>
            <source>Table copied</source>
            <translation>Tabelle kopiert</translation>
        </message>
        <message>
            <source>Cop&amp;y figure</source>
            <translation>Abbildung &amp;kopieren</translation>
        </message>
        <message>
            <source>Copy ta&amp;ble</source>
            <translation>Tabelle kop&amp;ieren</translation>
        </message>
        <message>
            <source>&amp;Print figure…</source>
            <translation>Abbildung &amp;drucken…</translation>
        </message>
    </context>
    <context>
        <name>ComputeButton</name>
        <message>
            <source>float32: the reference</source>
            <translation>float32: die Referenz</translation>
        </message>
        <message>
            <source>bfloat16: weights and products; the rest in float32</source>
            <translation>bfloat16: Gewichte und Produkte; alles Übrige in float32</translation>
        </message>
    </context>
    <context>
        <name>Messages</name>
        <message>
            <source>Cancelled at %1. What was finished is kept.</source>
            <translation>Bei %1 abgebrochen. Fertiges bleibt erhalten.</translation>
        </message>
        <message>
            <source>Cancelled. What was finished is kept.</source>
            <translation>Abgebrochen. Fertiges bleibt erhalten.</translation>
        </message>
        <message>
            <source>%1 is not there. Check the path, or choose another file or folder.</source>
            <translation>%1 ist nicht vorhanden. Bitte den Pfad prüfen oder eine andere Datei oder einen anderen Ordner wählen.</translation>
        </message>
        <message>
            <source>A file is missing. Check the path, or choose another file or folder.</source>
            <translation>Eine Datei fehlt. Bitte den Pfad prüfen oder eine andere Datei oder einen anderen Ordner wählen.</translation>
        </message>
        <message>
            <source>%1 cannot be read. Check its permissions and the disk it is on.</source>
            <translation>%1 lässt sich nicht lesen. Bitte Zugriffsrechte und Datenträger prüfen.</translation>
        </message>
        <message>
            <source>A file cannot be read. Check its permissions and the disk it is on.</source>
            <translation>Eine Datei lässt sich nicht lesen. Bitte Zugriffsrechte und Datenträger prüfen.</translation>
        </message>
        <message>
            <source>%1 is damaged or not of the expected format. Fetch or write it again.</source>
            <translation>%1 ist beschädigt oder nicht im erwarteten Format. Bitte neu beschaffen oder neu schreiben.</translation>
        </message>
        <message>
            <source>A file is damaged or not of the expected format. Fetch or write it again.</source>
            <translation>Eine Datei ist beschädigt oder nicht im erwarteten Format. Bitte neu beschaffen oder neu schreiben.</translation>
        </message>
        <message>
            <source>%1 does not fit the rest of the model. Make sure that all files are from the same one.</source>
            <translation>%1 passt nicht zum übrigen Modell. Bitte sicherstellen, dass alle Dateien von demselben stammen.</translation>
        </message>
        <message>
            <source>Two parts do not fit together. Make sure that all files are from the same model.</source>
            <translation>Zwei Teile passen nicht zusammen. Bitte sicherstellen, dass alle Dateien von demselben Modell stammen.</translation>
        </message>
        <message>
            <source>%1 asks for something this version cannot do. The details say what.</source>
            <translation>%1 verlangt etwas, das diese Version nicht kann. Die Einzelheiten sagen, was.</translation>
        </message>
        <message>
            <source>This version cannot do that. The details say what.</source>
            <translation>Diese Version kann das nicht. Die Einzelheiten sagen, was.</translation>
        </message>
        <message>
            <source>The request does not make sense for %1. Change its values and try again.</source>
            <translation>Der Auftrag ergibt für %1 keinen Sinn. Bitte die Werte ändern und erneut versuchen.</translation>
        </message>
        <message>
            <source>The request does not make sense. Change its values and try again.</source>
            <translation>Der Auftrag ergibt keinen Sinn. Bitte die Werte ändern und erneut versuchen.</translation>
        </message>
        <message>
            <source>Memory ran out at %1. Use shorter windows or bfloat16, or close other programs.</source>
            <translation>Bei %1 ging der Speicher aus. Kürzere Fenster oder bfloat16 wählen oder andere Programme schließen.</translation>
        </message>
        <message>
            <source>Memory ran out. Use shorter windows or bfloat16, or close other programs.</source>
            <translation>Der Speicher ging aus. Kürzere Fenster oder bfloat16 wählen oder andere Programme schließen.</translation>
        </message>
        <message>
            <source>The device %1 cannot be used here. Choose the processor instead.</source>
            <translation>Das Gerät %1 ist hier nicht verwendbar. Bitte stattdessen den Prozessor wählen.</translation>
        </message>
        <message>
            <source>The device cannot be used here. Choose the processor instead.</source>
            <translation>Das Gerät ist hier nicht verwendbar. Bitte stattdessen den Prozessor wählen.</translation>
        </message>
        <message>
            <source>A fault of the program itself at %1. Please report it with the details.</source>
            <translation>Ein Fehler des Programms selbst bei %1. Bitte mit den Einzelheiten melden.</translation>
        </message>
        <message>
            <source>A fault of the program itself. Please report it with the details.</source>
            <translation>Ein Fehler des Programms selbst. Bitte mit den Einzelheiten melden.</translation>
        </message>
        <message>
            <source>%1 cannot be written. Check permissions and room on the disk, or choose another place.</source>
            <translation>%1 kann nicht geschrieben werden. Bitte Rechte und Platz auf dem Datenträger prüfen oder einen anderen Ort wählen.</translation>
        </message>
        <message>
            <source>A file cannot be written. Check permissions and room on the disk, or choose another place.</source>
            <translation>Eine Datei kann nicht geschrieben werden. Bitte Rechte und Platz auf dem Datenträger prüfen oder einen anderen Ort wählen.</translation>
        </message>
    </context>
    <context>
        <name>Views</name>
        <message>
            <source>Sensitivity</source>
            <translation>Empfindlichkeit</translation>
        </message>
        <message>
            <source>Table</source>
            <translation>Tabelle</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <source>Inspector</source>
            <translation>Inspektor</translation>
        </message>
        <message>
            <source>Problems of the files</source>
            <translation>Probleme der Dateien</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Application</name>
        <message>
            <source>The device chosen last, %1, is not there. The processor computes instead.</source>
            <translation>Das zuletzt gewählte Gerät, %1, ist nicht da. Stattdessen rechnet der Prozessor.</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Banner</name>
        <message>
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message>
            <source>Copy message</source>
            <translation>Meldung kopieren</translation>
        </message>
        <message>
            <source>Close message</source>
            <translation>Meldung schließen</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::CommandPalette</name>
        <message>
            <source>Commands</source>
            <translation>Befehle</translation>
        </message>
        <message>
            <source>Type a command</source>
            <translation>Befehl eingeben</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::ComputeButton</name>
        <message>
            <source>What the losses are computed with</source>
            <translation>Womit die Verluste berechnet werden</translation>
        </message>
        <message>
            <source>Numbers</source>
            <translation>Zahlen</translation>
        </message>
        <message>
            <source>Threads</source>
            <translation>Threads</translation>
        </message>
        <message>
            <source>all processors</source>
            <translation>alle Prozessoren</translation>
        </message>
        <message numerus="yes">
            <source>%n thread(s)</source>
            <translation>
                <numerusform>%n Thread</numerusform>
                <numerusform>%n Threads</numerusform>
            </translation>
        </message>
        <message>
            <source>Computation: %1</source>
            <translation>Berechnung: %1</translation>
        </message>
        <message>
            <source>Device</source>
            <translation>Gerät</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Convention</name>
        <message>
            <source>Smallest step size of the state space: &quot;time_step_min&quot; as transformers computes on a processor, &quot;none&quot; as it computes with its CUDA kernels and as the models are trained.</source>
            <translation>Kleinste Schrittweite des Zustandsraums: „time_step_min“, wie transformers auf einem Prozessor rechnet, „none“, wie es mit seinen CUDA-Kernen rechnet und wie die Modelle trainiert sind.</translation>
        </message>
        <message>
            <source>A_log, D and the bias of dt of state spaces: &quot;stored&quot; with the digits of the file, &quot;compute&quot; rounded to the number type of the computation first, as transformers does when it loads a model in bfloat16.</source>
            <translation>A_log, D und der Bias von dt von Zustandsräumen: „stored“ mit den Ziffern der Datei, „compute“ zuvor auf den Zahlentyp der Rechnung gerundet, wie transformers es tut, wenn es ein Modell in bfloat16 lädt.</translation>
        </message>
        <message>
            <source>Channels of a head that are rotated: &quot;half&quot; as the models are trained, &quot;full&quot; as transformers did in some versions 5.0 and 5.2.</source>
            <translation>Kanäle eines Kopfes, die gedreht werden: „half“, wie die Modelle trainiert sind, „full“, wie transformers es in einigen Versionen 5.0 und 5.2 tat.</translation>
        </message>
        <message>
            <source>The gated norm of %1 groups: &quot;width&quot; normalises all channels together, as transformers does, &quot;group&quot; each group by itself, as the state-spaces code does.</source>
            <translation>Die Norm hinter dem Tor mit %1 Gruppen: „width“ normiert alle Kanäle gemeinsam, wie transformers, „group“ jede Gruppe für sich, wie der Code von state-spaces.</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Document</name>
        <message>
            <source>Hugging Face layout</source>
            <translation>Hugging-Face-Ablage</translation>
        </message>
        <message>
            <source>state-spaces layout</source>
            <translation>state-spaces-Ablage</translation>
        </message>
        <message numerus="yes">
            <source>%n layer(s)</source>
            <translation>
                <numerusform>%n Schicht</numerusform>
                <numerusform>%n Schichten</numerusform>
            </translation>
        </message>
        <message>
            <source>%1 parameters</source>
            <translation>%1 Parameter</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Figure</name>
        <message>
            <source>%1: a figure is written as .png, .svg or .pdf, not as &quot;%2&quot;</source>
            <translation>%1: Abbildungen werden als .png, .svg oder .pdf geschrieben, nicht als „%2“</translation>
        </message>
        <message>
            <source>%1 could not be written: %2</source>
            <translation>%1 ließ sich nicht schreiben: %2</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::HeatmapKey</name>
        <message>
            <source>below two standard errors</source>
            <translation>unter zwei Standardfehlern</translation>
        </message>
        <message>
            <source>not measured</source>
            <translation>nicht gemessen</translation>
        </message>
        <message>
            <source>not a number</source>
            <translation>keine Zahl</translation>
        </message>
        <message>
            <source>on another text or other windows</source>
            <translation>auf anderem Text oder anderen Fenstern</translation>
        </message>
        <message>
            <source>error not known with one window</source>
            <translation>Fehler bei nur einem Fenster unbekannt</translation>
        </message>
        <message>
            <source>no such part</source>
            <translation>kein solcher Teil</translation>
        </message>
        <message>
            <source>cannot go alone</source>
            <translation>nicht allein zu entfernen</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::HelpDialog</name>
        <message>
            <source>Help</source>
            <translation>Hilfe</translation>
        </message>
        <message>
            <source>Back</source>
            <translation>Zurück</translation>
        </message>
        <message>
            <source>Getting started</source>
            <translation>Erste Schritte</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Inspector</name>
        <message>
            <source>Loss increase without it</source>
            <translation>Verlustzunahme ohne diesen Teil</translation>
        </message>
        <message>
            <source>Loss without it</source>
            <translation>Verlust ohne diesen Teil</translation>
        </message>
        <message>
            <source>Dense model</source>
            <translation>Volles Modell</translation>
        </message>
        <message>
            <source>Per million parameters</source>
            <translation>Je Million Parameter</translation>
        </message>
        <message>
            <source>What it carries</source>
            <translation>Was daran hängt</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>Parameter</translation>
        </message>
        <message>
            <source>Size as stored</source>
            <translation>Größe wie gespeichert</translation>
        </message>
        <message>
            <source>FLOPs per token</source>
            <translation>FLOPs je Token</translation>
        </message>
        <message>
            <source>After removal</source>
            <translation>Nach dem Entfernen</translation>
        </message>
        <message>
            <source>Other software&apos;s stock loaders cannot represent this; the result needs this program or a custom loader.</source>
            <translation>Die üblichen Lader anderer Programme können das nicht darstellen; das Ergebnis braucht dieses Programm oder einen eigenen Lader.</translation>
        </message>
        <message>
            <source>nats per token, mean ± standard error</source>
            <translation>Nats je Token, Mittel ± Standardfehler</translation>
        </message>
        <message>
            <source>nats per token; below two standard errors, so it may be nothing</source>
            <translation>Nats je Token; unter zwei Standardfehlern, womöglich also nichts</translation>
        </message>
        <message>
            <source>The loss without it is not a number.</source>
            <translation>Der Verlust ohne diesen Teil ist keine Zahl.</translation>
        </message>
        <message>
            <source>Not measured yet. A scan measures it.</source>
            <translation>Noch nicht gemessen. Eine Messung holt es nach.</translation>
        </message>
        <message>
            <source>%1: loss increase %2</source>
            <translation>%1: Verlustzunahme %2</translation>
        </message>
        <message>
            <source>%1: not measured</source>
            <translation>%1: nicht gemessen</translation>
        </message>
        <message>
            <source>Windows: %1 of %2 tokens</source>
            <translation>Fenster: %1 zu %2 Token</translation>
        </message>
        <message>
            <source>Tensors that fall with it: %1</source>
            <translation>Tensoren, die mit wegfallen: %1</translation>
        </message>
        <message>
            <source>Inspector</source>
            <translation>Inspektor</translation>
        </message>
        <message>
            <source>Nothing is selected</source>
            <translation>Nichts ist ausgewählt</translation>
        </message>
        <message>
            <source>nats per token; with one window its error is not known</source>
            <translation>Nats je Token; bei nur einem Fenster ist der Fehler nicht bekannt</translation>
        </message>
        <message>
            <source>Stock loaders that read the result: %1.</source>
            <translation>Übliche Lader, die das Ergebnis lesen: %1.</translation>
        </message>
        <message>
            <source>If every layer with such units loses as many, these stock loaders read the result: %1.</source>
            <translation>Wenn jede Schicht mit solchen Teilen gleich viele verliert, lesen das Ergebnis diese üblichen Lader: %1.</translation>
        </message>
        <message>
            <source>%1 layer</source>
            <translation>%1-Schicht</translation>
        </message>
        <message>
            <source>Cannot go alone; with it must go: %1</source>
            <translation>Kann nicht allein entfallen; mit ihm muss entfallen: %1</translation>
        </message>
        <message>
            <source>Not measured. The scans of this window measure whole parts.</source>
            <translation>Nicht gemessen. Dieses Fenster misst ganze Teile.</translation>
        </message>
        <message>
            <source>Pick a part of the model to see what it carries and what its removal costs.</source>
            <translation>Einen Teil des Modells wählen, um zu sehen, was daran hängt und was das Entfernen kostet.</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::JobBar</name>
        <message>
            <source>Job</source>
            <translation>Auftrag</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <source>Cancel (what is measured is kept)</source>
            <translation>Abbrechen (Gemessenes bleibt)</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Mean negative log-likelihood on the chosen text, nats per token</source>
            <translation>Mittlere negative Log-Likelihood auf dem gewählten Text, Nats je Token</translation>
        </message>
        <message>
            <source>Nothing is running</source>
            <translation>Nichts läuft</translation>
        </message>
        <message>
            <source>Loss of the dense model  %1</source>
            <translation>Verlust des vollen Modells  %1</translation>
        </message>
        <message>
            <source>%1 of %2 cells</source>
            <translation>%1 von %2 Zellen</translation>
        </message>
        <message>
            <source>%1 left</source>
            <translation>noch %1</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::KindChooser</name>
        <message>
            <source>All kinds</source>
            <translation>Alle Arten</translation>
        </message>
        <message>
            <source>Units</source>
            <translation>Teile</translation>
        </message>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>all kinds</source>
            <translation>alle Arten</translation>
        </message>
        <message>
            <source>%1 of %2 kinds</source>
            <translation>%1 von %2 Arten</translation>
        </message>
        <message>
            <source>Kinds of units that are measured: %1</source>
            <translation>Arten von Teilen, die gemessen werden: %1</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::LayerStrip</name>
        <message>
            <source>%1: loss increase %2</source>
            <translation>%1: Verlustzunahme %2</translation>
        </message>
        <message>
            <source>Stack of layers</source>
            <translation>Stapel der Schichten</translation>
        </message>
        <message>
            <source>Layers: %1, coloured by the loss increase without each block</source>
            <translation>Schichten: %1, gefärbt nach der Verlustzunahme ohne jeden Block</translation>
        </message>
        <message>
            <source>Layers: %1</source>
            <translation>Schichten: %1</translation>
        </message>
        <message>
            <source>Layers</source>
            <translation>Schichten</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::MainWindow</name>
        <message>
            <source>Toolbar</source>
            <translation>Werkzeugleiste</translation>
        </message>
        <message>
            <source>Opening</source>
            <translation>Wird geöffnet</translation>
        </message>
        <message>
            <source>Sensitivity scan</source>
            <translation>Empfindlichkeitsmessung</translation>
        </message>
        <message>
            <source>Loading the model</source>
            <translation>Modell wird geladen</translation>
        </message>
        <message>
            <source>%1 of %2 cells measured</source>
            <translation>%1 von %2 Zellen gemessen</translation>
        </message>
        <message>
            <source>What is open; models and sessions of late</source>
            <translation>Was geöffnet ist; zuletzt benutzte Modelle und Sitzungen</translation>
        </message>
        <message>
            <source>Timing this machine on a few windows</source>
            <translation>Dieser Rechner wird an ein paar Fenstern gestoppt</translation>
        </message>
        <message>
            <source>Recent</source>
            <translation>Zuletzt</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Menus</name>
        <message>
            <source>Open &amp;recent</source>
            <translation>&amp;Zuletzt geöffnet</translation>
        </message>
        <message>
            <source>&amp;Theme</source>
            <translation>&amp;Farben</translation>
        </message>
        <message>
            <source>Theme: %1</source>
            <translation>Farben: %1</translation>
        </message>
        <message>
            <source>&amp;Language</source>
            <translation>&amp;Sprache</translation>
        </message>
        <message>
            <source>As the system</source>
            <translation>Wie das System</translation>
        </message>
        <message>
            <source>Language: %1</source>
            <translation>Sprache: %1</translation>
        </message>
        <message>
            <source>Nothing yet</source>
            <translation>Noch nichts</translation>
        </message>
        <message>
            <source>one column</source>
            <translation>eine Spalte</translation>
        </message>
        <message>
            <source>one and a half</source>
            <translation>anderthalb Spalten</translation>
        </message>
        <message>
            <source>the whole page</source>
            <translation>die ganze Seite</translation>
        </message>
        <message>
            <source>a slide</source>
            <translation>eine Folie</translation>
        </message>
        <message>
            <source>Figure &amp;width</source>
            <translation>Abbildungsb&amp;reite</translation>
        </message>
        <message>
            <source>%1 mm: %2</source>
            <translation>%1 mm: %2</translation>
        </message>
        <message>
            <source>Figure width: %1</source>
            <translation>Breite der Abbildung: %1</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::MessageList</name>
        <message>
            <source>No messages</source>
            <translation>Keine Meldungen</translation>
        </message>
        <message>
            <source>Messages: %1</source>
            <translation>Meldungen: %1</translation>
        </message>
        <message>
            <source>Messages</source>
            <translation>Meldungen</translation>
        </message>
        <message>
            <source>Copy all messages</source>
            <translation>Alle Meldungen kopieren</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::ModelFacts</name>
        <message>
            <source>Layers: %1</source>
            <translation>Schichten: %1</translation>
        </message>
        <message>
            <source>Layers and conventions</source>
            <translation>Schichten und Konventionen</translation>
        </message>
        <message>
            <source>Convention %1</source>
            <translation>Konvention %1</translation>
        </message>
        <message>
            <source>Other readings: %1</source>
            <translation>Andere Lesarten: %1</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::ModelTree</name>
        <message>
            <source>Component</source>
            <translation>Bestandteil</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>Parameter</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Shape and type</source>
            <translation>Form und Typ</translation>
        </message>
        <message>
            <source>Layer %1</source>
            <translation>Schicht %1</translation>
        </message>
        <message>
            <source>Search components and tensors</source>
            <translation>Bestandteile und Tensoren suchen</translation>
        </message>
        <message>
            <source>Model tree</source>
            <translation>Modellbaum</translation>
        </message>
        <message>
            <source>%1, layers: %2, parameters: %3</source>
            <translation>%1, Schichten: %2, Parameter: %3</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Numbers</name>
        <message>
            <source>%1 s</source>
            <translation>%1 s</translation>
        </message>
        <message>
            <source>%1 min %2 s</source>
            <translation>%1 min %2 s</translation>
        </message>
        <message>
            <source>%1 h %2 min</source>
            <translation>%1 h %2 min</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Operations</name>
        <message numerus="yes">
            <source>%n cell(s) measured in %1</source>
            <translation>
                <numerusform>%n Zelle in %1 gemessen</numerusform>
                <numerusform>%n Zellen in %1 gemessen</numerusform>
            </translation>
        </message>
        <message>
            <source>Stopped after %1 of %2 cells; they are kept, and a new start continues from there</source>
            <translation>Nach %1 von %2 Zellen angehalten; sie bleiben, und ein neuer Start setzt dort fort</translation>
        </message>
        <message>
            <source>Stopped before the first cell</source>
            <translation>Vor der ersten Zelle angehalten</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::ScanBar</name>
        <message>
            <source>Text to measure on</source>
            <translation>Text, auf dem gemessen wird</translation>
        </message>
        <message>
            <source>Tokens of a window</source>
            <translation>Token je Fenster</translation>
        </message>
        <message>
            <source>Tokens of a window; each predicts all but its first</source>
            <translation>Token je Fenster; jedes sagt alle außer dem ersten voraus</translation>
        </message>
        <message>
            <source>Number of windows</source>
            <translation>Zahl der Fenster</translation>
        </message>
        <message>
            <source>all</source>
            <translation>alle</translation>
        </message>
        <message>
            <source>Windows taken from the start of the text; more of them make smaller errors</source>
            <translation>Fenster vom Anfang des Textes; mehr davon verkleinern die Fehler</translation>
        </message>
        <message>
            <source>Scan</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Text</source>
            <translation>Text</translation>
        </message>
        <message>
            <source>Window</source>
            <translation>Fensterlänge</translation>
        </message>
        <message>
            <source>Windows</source>
            <translation>Fenster</translation>
        </message>
        <message>
            <source>Text of the demo</source>
            <translation>Text des Beispiels</translation>
        </message>
        <message>
            <source>Choose a text file…</source>
            <translation>Textdatei wählen…</translation>
        </message>
        <message>
            <source>Text files (*.txt *.raw *.md);;All files (*)</source>
            <translation>Textdateien (*.txt *.raw *.md);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>The model folder has no tokenizer; put its tokenizer.json there.</source>
            <translation>Dem Modellordner fehlt ein Tokenizer; bitte dessen tokenizer.json dort ablegen.</translation>
        </message>
        <message>
            <source>Choose a text to measure on.</source>
            <translation>Bitte einen Text wählen, auf dem gemessen wird.</translation>
        </message>
        <message>
            <source>Choose at least one kind of unit.</source>
            <translation>Bitte mindestens eine Art von Teilen wählen.</translation>
        </message>
        <message>
            <source>All cells of this scan are measured.</source>
            <translation>Alle Zellen dieser Messung sind gemessen.</translation>
        </message>
        <message numerus="yes">
            <source>%n cell(s), about %1 on this machine</source>
            <translation>
                <numerusform>%n Zelle, etwa %1 auf diesem Rechner</numerusform>
                <numerusform>%n Zellen, etwa %1 auf diesem Rechner</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n cell(s)</source>
            <translation>
                <numerusform>%n Zelle</numerusform>
                <numerusform>%n Zellen</numerusform>
            </translation>
        </message>
        <message>
            <source>Continue</source>
            <translation>Fortsetzen</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::ScanChooser</name>
        <message>
            <source>%1 of %2 cells</source>
            <translation>%1 von %2 Zellen</translation>
        </message>
        <message>
            <source>Scan that is shown</source>
            <translation>Angezeigte Messung</translation>
        </message>
        <message>
            <source>Scans of this session; the fields above follow the one that is shown</source>
            <translation>Messungen dieser Sitzung; die Felder darüber folgen der angezeigten</translation>
        </message>
        <message>
            <source>Shown scan</source>
            <translation>Angezeigte Messung</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::SensitivityHeatmap</name>
        <message>
            <source>Loss increase, nats per token</source>
            <translation>Verlustzunahme, Nats je Token</translation>
        </message>
        <message>
            <source>Loss increase without each part of the model</source>
            <translation>Verlustzunahme ohne jeden Teil des Modells</translation>
        </message>
        <message>
            <source>Layer</source>
            <translation>Schicht</translation>
        </message>
        <message>
            <source>Loss increase</source>
            <translation>Verlustzunahme</translation>
        </message>
        <message>
            <source>Loss without it</source>
            <translation>Verlust ohne diesen Teil</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>Parameter</translation>
        </message>
        <message>
            <source>Not measured yet</source>
            <translation>Noch nicht gemessen</translation>
        </message>
        <message>
            <source>The loss is not a number</source>
            <translation>Der Verlust ist keine Zahl</translation>
        </message>
        <message>
            <source>Below two standard errors</source>
            <translation>Unter zwei Standardfehlern</translation>
        </message>
        <message>
            <source>Sensitivity heatmap</source>
            <translation>Empfindlichkeitskarte</translation>
        </message>
        <message>
            <source>Nothing is measured yet</source>
            <translation>Noch nichts ist gemessen</translation>
        </message>
        <message>
            <source>None of %1 cells is measured yet</source>
            <translation>Noch keine von %1 Zellen ist gemessen</translation>
        </message>
        <message>
            <source>Largest loss increase: %1, %2</source>
            <translation>Größte Verlustzunahme: %1, %2</translation>
        </message>
        <message>
            <source>%1 (%2 of %3 cells measured)</source>
            <translation>%1 (%2 von %3 Zellen gemessen)</translation>
        </message>
        <message>
            <source>Measured on another text or other windows than chosen now</source>
            <translation>Auf anderem Text oder anderen Fenstern gemessen als jetzt gewählt</translation>
        </message>
        <message>
            <source>With one window its error is not known</source>
            <translation>Bei nur einem Fenster ist der Fehler nicht bekannt</translation>
        </message>
        <message>
            <source>Nothing is measured yet.
Press S or Scan to see how much the loss grows without each part of the model.</source>
            <translation>Noch nichts ist gemessen.
S oder Messen zeigt, wie stark der Verlust ohne jeden Teil des Modells wächst.</translation>
        </message>
        <message>
            <source>The layer has no such part</source>
            <translation>Die Schicht hat keinen solchen Teil</translation>
        </message>
        <message>
            <source>Cannot go alone; with it must go: %1</source>
            <translation>Kann nicht allein entfallen; mit ihm muss entfallen: %1</translation>
        </message>
        <message>
            <source>This scan has no whole parts of layers.
The table shows what it has.</source>
            <translation>Diese Messung hat keine ganzen Teile von Schichten.
Die Tabelle zeigt, was sie hat.</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::SensitivityTable</name>
        <message>
            <source>Unit</source>
            <translation>Teil</translation>
        </message>
        <message>
            <source>Kind</source>
            <translation>Art</translation>
        </message>
        <message>
            <source>Layer</source>
            <translation>Schicht</translation>
        </message>
        <message>
            <source>Δ loss</source>
            <translation>Δ Verlust</translation>
        </message>
        <message>
            <source>± error</source>
            <translation>± Fehler</translation>
        </message>
        <message>
            <source>NLL</source>
            <translation>NLL</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>Parameter</translation>
        </message>
        <message>
            <source>Δ per M param.</source>
            <translation>Δ je Mio. Param.</translation>
        </message>
        <message>
            <source>Sensitivity table</source>
            <translation>Empfindlichkeitstabelle</translation>
        </message>
        <message>
            <source>%1 of %2 cells measured</source>
            <translation>%1 von %2 Zellen gemessen</translation>
        </message>
        <message>
            <source>nats/token</source>
            <translation>Nats/Token</translation>
        </message>
        <message>
            <source>Standard error of %1</source>
            <translation>Standardfehler von %1</translation>
        </message>
        <message>
            <source>No cells yet.
Press S or Scan to measure them: each gets a line with its figures.</source>
            <translation>Noch keine Zellen.
S oder Messen misst sie: Jede bekommt eine Zeile mit ihren Zahlen.</translation>
        </message>
        <message>
            <source>No cells yet</source>
            <translation>Noch keine Zellen</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::StartPage</name>
        <message>
            <source>Try the demo</source>
            <translation>Beispiel ausprobieren</translation>
        </message>
        <message>
            <source>A small trained model and a text, ready to scan</source>
            <translation>Ein kleines trainiertes Modell und ein Text, bereit zum Messen</translation>
        </message>
        <message>
            <source>Drop a model folder here</source>
            <translation>Modellordner hier ablegen</translation>
        </message>
        <message>
            <source>config.json with safetensors or PyTorch weights, or an .ecdysis session</source>
            <translation>config.json mit Gewichten als safetensors oder von PyTorch, oder eine .ecdysis-Sitzung</translation>
        </message>
        <message>
            <source>Start</source>
            <translation>Start</translation>
        </message>
        <message>
            <source>Open a model folder, continue recent work or try the demo</source>
            <translation>Modellordner öffnen, Begonnenes fortsetzen oder das Beispiel ausprobieren</translation>
        </message>
        <message>
            <source>Recent</source>
            <translation>Zuletzt</translation>
        </message>
        <message>
            <source>See what a state-space model can do without</source>
            <translation>Sehen, worauf ein Zustandsraummodell verzichten kann</translation>
        </message>
        <message>
            <source>Open a model folder…</source>
            <translation>Modellordner öffnen…</translation>
        </message>
    </context>
    <context>
        <name>ecdysis::UnitText</name>
        <message>
            <source>Block</source>
            <translation>Block</translation>
        </message>
        <message>
            <source>SSM</source>
            <translation>SSM</translation>
        </message>
        <message>
            <source>Recurrence</source>
            <translation>Rekurrenz</translation>
        </message>
        <message>
            <source>Attention</source>
            <translation>Attention</translation>
        </message>
        <message>
            <source>MLP</source>
            <translation>MLP</translation>
        </message>
        <message>
            <source>MLP channels</source>
            <translation>MLP-Kanäle</translation>
        </message>
        <message>
            <source>SSM heads</source>
            <translation>SSM-Köpfe</translation>
        </message>
        <message>
            <source>Inner channels</source>
            <translation>Innere Kanäle</translation>
        </message>
        <message>
            <source>State dimensions</source>
            <translation>Zustandsdimensionen</translation>
        </message>
        <message>
            <source>Expert</source>
            <translation>Experte</translation>
        </message>
        <message>
            <source>Block %1</source>
            <translation>Block %1</translation>
        </message>
        <message>
            <source>%1 of block %2</source>
            <translation>%1 von Block %2</translation>
        </message>
        <message>
            <source>block %1</source>
            <translation>Block %1</translation>
        </message>
        <message>
            <source>all processors</source>
            <translation>alle Prozessoren</translation>
        </message>
        <message numerus="yes">
            <source>%n thread(s)</source>
            <translation>
                <numerusform>%n Thread</numerusform>
                <numerusform>%n Threads</numerusform>
            </translation>
        </message>
        <message>
            <source>Mixer</source>
            <translation>Mixer</translation>
        </message>
        <message>
            <source>Mamba</source>
            <translation>Mamba</translation>
        </message>
        <message>
            <source>Transformer</source>
            <translation>Transformer</translation>
        </message>
        <message>
            <source>Experts (MoE)</source>
            <translation>Experten (MoE)</translation>
        </message>
        <message>
            <source>Shared MLP</source>
            <translation>Gemeinsames MLP</translation>
        </message>
        <message>
            <source>SSM head</source>
            <translation>SSM-Kopf</translation>
        </message>
        <message>
            <source>Inner channel</source>
            <translation>Innerer Kanal</translation>
        </message>
        <message>
            <source>State dimension</source>
            <translation>Zustandsdimension</translation>
        </message>
        <message>
            <source>dt rank</source>
            <translation>dt-Rang</translation>
        </message>
        <message>
            <source>Attention heads</source>
            <translation>Attention-Köpfe</translation>
        </message>
        <message>
            <source>Attention head</source>
            <translation>Attention-Kopf</translation>
        </message>
        <message>
            <source>MLP channel</source>
            <translation>MLP-Kanal</translation>
        </message>
        <message>
            <source>Experts</source>
            <translation>Experten</translation>
        </message>
        <message>
            <source>Expert channels</source>
            <translation>Experten-Kanäle</translation>
        </message>
        <message>
            <source>Expert channel</source>
            <translation>Experten-Kanal</translation>
        </message>
        <message>
            <source>Weight</source>
            <translation>Gewicht</translation>
        </message>
        <message>
            <source>Mamba-2</source>
            <translation>Mamba-2</translation>
        </message>
        <message>
            <source>Hybrid</source>
            <translation>Hybrid</translation>
        </message>
        <message>
            <source>MoE</source>
            <translation>MoE</translation>
        </message>
    </context>
</TS>
