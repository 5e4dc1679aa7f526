// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/task_document.h"

#include <algorithm>
#include <initializer_list>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/exception.h"
#include "core/io/tokenizer/normal_form.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::data {

namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

/// A JSON object whose fields must be what a form wants them to be.
class Document
{
public:
    Document(const json &object, std::string where) : m_object(object), m_where(std::move(where)) {}

    bool has(const char *field) const { return m_object.contains(field); }

    std::string text(const char *field) const
    {
        const json &value = at(field);
        if (!value.is_string())
            refuse(fmt::format("text in \"{}\" expected, {} found", field, value.type_name()));
        return value.get<std::string>();
    }

    Texts texts(const char *field) const
    {
        const json &value = at(field);
        if (!value.is_array() || value.empty() ||
            !std::ranges::all_of(value, [](const json &item) { return item.is_string(); }))
            refuse(fmt::format("a list of texts in \"{}\" expected, {} found", field, value.type_name()));
        return value.get<Texts>();
    }

    /// A number, or one that is written as text, from `first` on and below `first + count`; given from 0 on.
    std::size_t index(const char *field, std::size_t count, std::int64_t first = 0) const
    {
        const json &value = at(field);
        const std::string said = value.is_string() ? value.get<std::string>() : value.dump();
        for (std::size_t i = 0; i < count; ++i)
            if (said == std::to_string(first + static_cast<std::int64_t>(i)))
                return i;
        refuse(fmt::format("a number from {} to {} in \"{}\" expected, {:.40} found", first,
                           first + static_cast<std::int64_t>(count) - 1, field, said));
    }

    Document object(const char *field) const
    {
        const json &value = at(field);
        if (!value.is_object())
            refuse(fmt::format("an object in \"{}\" expected, {} found", field, value.type_name()));
        return {value, m_where};
    }

    /// The place of an answer's label among those of the choices.
    std::size_t labelled(const Texts &labels, std::string answer) const
    {
        answer.erase(0, answer.find_first_not_of(' '));
        const auto found = std::ranges::find(labels, answer);
        if (found == labels.end())
            refuse(
                fmt::format("the answer to be one of {} expected, \"{:.40}\" found", fmt::join(labels, ", "), answer));
        return static_cast<std::size_t>(found - labels.begin());
    }

    [[noreturn]] void refuse(const std::string &message) const
    {
        throw Exception(ErrorCode::BadFormat, message, m_where);
    }

private:
    const json &at(const char *field) const
    {
        const auto value = m_object.find(field);
        if (value == m_object.end())
            refuse(fmt::format("a field \"{}\" expected, none found", field));
        return *value;
    }

    const json &m_object;
    std::string m_where;
};

Item itemOf(const std::string &context, const Texts &choices, std::size_t gold)
{
    Item item{.choices = {}, .gold = gold};
    for (const std::string &choice : choices)
        item.choices.push_back({context, choice});
    return item;
}

std::string trimmed(const std::string &text)
{
    return std::string(io::unicode::withoutLeadingSpace(io::unicode::withoutTrailingSpace(text)));
}

void replaceAll(std::string &text, const std::string &old, const std::string &fresh)
{
    for (std::size_t at = text.find(old); at != text.npos; at = text.find(old, at + fresh.size()))
        text.replace(at, old.size(), fresh);
}

// The forms of llm-foundry.

Item readQuery(const Document &document)
{
    std::string query = document.text("query");
    if (query.starts_with("Question:") && !query.ends_with("Answer:"))
        query += "\nAnswer:";
    const Texts choices = document.texts("choices");
    return itemOf(query, choices, document.index("gold", choices.size()));
}

Item readContextOptions(const Document &document)
{
    const Texts contexts = document.texts("context_options");
    Item item{.choices = {}, .gold = document.index("gold", contexts.size())};
    for (const std::string &context : contexts)
        item.choices.push_back({context, document.text("continuation")});
    return item;
}

Item readContinuation(const Document &document)
{
    return itemOf(document.text("context"), {document.text("continuation")}, 0);
}

// The documents of data sets, as the tasks of lm-evaluation-harness (0.4) put them. Names of tasks are its own.

/// The text without what is in brackets on one line.
std::string withoutBrackets(const std::string &text)
{
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::size_t end = text[at] == '[' ? text.find_first_of("]\n", at) : text.npos;
        if (end != text.npos && text[end] == ']')
            at = end;
        else
            result += text[at];
    }
    return result;
}

/// hellaswag's `preprocess`: remarks of WikiHow are taken out.
std::string withoutRemarks(const std::string &text)
{
    std::string result = trimmed(text);
    replaceAll(result, " [title]", ". ");
    result = withoutBrackets(result);
    replaceAll(result, "  ", " ");
    return result;
}

Item readHellaSwag(const Document &document)
{
    const std::string context = document.text("ctx_a") + " " + io::unicode::capitalized(document.text("ctx_b"));
    Texts endings = document.texts("endings");
    std::ranges::transform(endings, endings.begin(), withoutRemarks);
    return itemOf(withoutRemarks(document.text("activity_label") + ": " + context), endings,
                  document.index("label", endings.size()));
}

Item readPiqa(const Document &document)
{
    return itemOf("Question: " + document.text("goal") + "\nAnswer:", {document.text("sol1"), document.text("sol2")},
                  document.index("label", 2));
}

Item readArc(const Document &document)
{
    const Document choices = document.object("choices");
    return itemOf("Question: " + document.text("question") + "\nAnswer:", choices.texts("text"),
                  document.labelled(choices.texts("label"), document.text("answerKey")));
}

Item readOpenBook(const Document &document)
{
    const Document choices = document.object("choices");
    return itemOf(document.text("question_stem"), choices.texts("text"),
                  document.labelled(choices.texts("label"), document.text("answerKey")));
}

Item readCommonSense(const Document &document)
{
    const Document choices = document.object("choices");
    const Texts labels = choices.texts("label");
    const Texts texts = choices.texts("text");
    std::string context = "Question: " + trimmed(document.text("question"));
    for (std::size_t i = 0; i < std::min(labels.size(), texts.size()); ++i)
        context += "\n" + labels[i] + ". " + texts[i];
    return itemOf(context + "\nAnswer:", labels, document.labelled(labels, document.text("answerKey")));
}

Item readWinogrande(const Document &document)
{
    const std::string sentence = document.text("sentence");
    const std::size_t blank = sentence.find('_');
    if (blank == sentence.npos)
        document.refuse("a sentence with a blank \"_\" expected, none found");
    const std::string rest = trimmed(sentence.substr(blank + 1));
    Item item{.choices = {}, .gold = document.index("answer", 2, 1)};
    for (const char *option : {"option1", "option2"})
        item.choices.push_back({sentence.substr(0, blank) + document.text(option), rest});
    return item;
}

Item readLambada(const Document &document)
{
    const std::string text = document.text("text");
    const std::size_t space = text.rfind(' ');
    if (space == text.npos)
        document.refuse("a text of at least two words expected, one found");
    return itemOf(text.substr(0, space), {text.substr(space + 1)}, 0);
}

Item readBoolQ(const Document &document)
{
    return itemOf(document.text("passage") + "\nQuestion: " + document.text("question") + "?\nAnswer:", {"no", "yes"},
                  document.index("label", 2));
}

/// The text with its first letter in lower case.
std::string beginningSmall(const std::string &text)
{
    std::size_t behind = 0;
    if (!text.empty())
        io::unicode::decode(text, behind);
    return io::unicode::lowercase(text.substr(0, behind)) + text.substr(behind);
}

Item readCopa(const Document &document)
{
    const std::string question = document.text("question");
    if (question != "cause" && question != "effect")
        document.refuse(fmt::format("\"cause\" or \"effect\" in \"question\" expected, \"{:.40}\" found", question));
    std::string premise = trimmed(document.text("premise"));
    if (!premise.empty())
        premise.pop_back(); // its full stop
    return itemOf(premise + (question == "cause" ? " because" : " therefore"),
                  {beginningSmall(document.text("choice1")), beginningSmall(document.text("choice2"))},
                  document.index("label", 2));
}

Item readSciQ(const Document &document)
{
    const std::string support(io::unicode::withoutLeadingSpace(document.text("support")));
    return itemOf(support + "\nQuestion: " + document.text("question") + "\nAnswer:",
                  {document.text("distractor1"), document.text("distractor2"), document.text("distractor3"),
                   document.text("correct_answer")},
                  3);
}

Item readSocial(const Document &document)
{
    return itemOf("Q: " + document.text("context") + " " + document.text("question") + "\nA:",
                  {document.text("answerA"), document.text("answerB"), document.text("answerC")},
                  document.index("label", 3, 1));
}

/// What a document is told by, and how it is read.
struct Form
{
    const char *name;
    std::initializer_list<const char *> fields;
    Item (*read)(const Document &);
};

/// The first whose fields are all there is taken: those that ask for more come first.
constexpr Form forms[] = {
    {"query, choices, gold", {"query", "choices", "gold"}, readQuery},
    {"context_options, continuation, gold", {"context_options", "continuation"}, readContextOptions},
    {"context, continuation", {"context", "continuation"}, readContinuation},
    {"hellaswag", {"ctx_a", "ctx_b", "endings"}, readHellaSwag},
    {"piqa", {"goal", "sol1", "sol2"}, readPiqa},
    {"commonsense_qa", {"question_concept", "choices", "answerKey"}, readCommonSense},
    {"openbookqa", {"question_stem", "choices", "answerKey"}, readOpenBook},
    {"arc", {"question", "choices", "answerKey"}, readArc},
    {"winogrande", {"sentence", "option1", "option2"}, readWinogrande},
    {"boolq", {"passage", "question"}, readBoolQ},
    {"copa", {"premise", "choice1", "choice2"}, readCopa},
    {"sciq", {"support", "distractor1", "correct_answer"}, readSciQ},
    {"social_iqa", {"context", "question", "answerA"}, readSocial},
    {"lambada", {"text"}, readLambada}};

json parseLine(const std::string &line, const std::string &where)
{
    try {
        return json::parse(line);
    } catch (const json::exception &error) {
        throw Exception(ErrorCode::BadFormat, fmt::format("an item in JSON expected, {}", error.what()), where);
    }
}

void check(const Item &item, const Document &document)
{
    for (const Choice &choice : item.choices) {
        if (choice.context.empty())
            document.refuse("a context expected, an empty text found");
        if (choice.text.empty())
            document.refuse("choices of at least one character expected, an empty text found");
    }
}

} // namespace

Item readTaskDocument(const std::string &line, const std::string &where)
{
    const json object = parseLine(line, where);
    const Document document(object, where);
    if (!object.is_object())
        document.refuse(fmt::format("an item as a JSON object expected, {} found", object.type_name()));
    const auto form = std::ranges::find_if(forms, [&](const Form &candidate) {
        return std::ranges::all_of(candidate.fields, [&](const char *field) { return document.has(field); });
    });
    if (form == std::end(forms)) {
        Texts known, found;
        for (const Form &candidate : forms)
            known.emplace_back(candidate.name);
        for (const auto &[field, value] : object.items())
            found.push_back(field);
        document.refuse(fmt::format("an item of one of these forms expected: {}; fields found: {:.200}",
                                    fmt::join(known, "; "), fmt::to_string(fmt::join(found, ", "))));
    }
    Item item = form->read(document);
    check(item, document);
    return item;
}

} // namespace ecdysis::data
