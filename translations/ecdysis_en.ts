<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
    <context>
        <name>ecdysis::ComputeButton</name>
        <message numerus="yes">
            <source>%n thread(s)</source>
            <translation>
                <numerusform>%n thread</numerusform>
                <numerusform>%n threads</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Document</name>
        <message numerus="yes">
            <source>%n layer(s)</source>
            <translation>
                <numerusform>%n layer</numerusform>
                <numerusform>%n layers</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ecdysis::Operations</name>
        <message numerus="yes">
            <source>%n cell(s) measured in %1</source>
            <translation>
                <numerusform>%n cell measured in %1</numerusform>
                <numerusform>%n cells measured in %1</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ecdysis::ScanBar</name>
        <message numerus="yes">
            <source>%n cell(s), about %1 on this machine</source>
            <translation>
                <numerusform>%n cell, about %1 on this machine</numerusform>
                <numerusform>%n cells, about %1 on this machine</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n cell(s)</source>
            <translation>
                <numerusform>%n cell</numerusform>
                <numerusform>%n cells</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ecdysis::UnitText</name>
        <message numerus="yes">
            <source>%n thread(s)</source>
            <translation>
                <numerusform>%n thread</numerusform>
                <numerusform>%n threads</numerusform>
            </translation>
        </message>
    </context>
</TS>
