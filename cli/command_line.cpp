#include "cli/command_line.h"

#include "cli/exit_codes.h"
#include "core/text.h"

#include <CLI/CLI.hpp>
#include <list>

namespace hawser::cli {

namespace {

constexpr int columns = 26; ///< of --help, before the explanations

constexpr const char *examples = "  hawser id                                   who I am\n"
                                 "  hawser join home.example.org                ask to be let in\n"
                                 "  hawser run render-2 disk.usage path=/srv    a command, its output, its code\n"
                                 "  hawser message bea \"back at two\"\n"
                                 "  hawser send bea photos --wait\n"
                                 "  hawser listen                               let people reach me directly\n";

/// Examples come first.
class HelpFormatter : public CLI::Formatter {
public:
    HelpFormatter() { column_width(columns); }
    std::string make_description(const CLI::App *app) const override
    {
        return app->get_description() + "\n\n" + app->get_footer() + "\n";
    }
    std::string make_footer(const CLI::App *) const override { return {}; }
};

/// What CLI11 fills in for one word.
struct Place {
    const char *name = nullptr;
    std::vector<std::string> texts = {};
    bool isSet = false;
    CLI::Option *option = nullptr;
};
using Places = std::list<Place>;

void addWord(CLI::App &app, const Word &word, Places &places)
{
    Place &place = places.emplace_back(Place { word.name });
    const bool isOption = word.name[0] == '-';
    if (isOption && word.value == nullptr) {
        place.option = app.add_flag(word.name, place.isSet, word.what);
        return;
    }
    place.option = app.add_option(word.name, place.texts, word.what);
    place.option->option_text(isOption ? word.value : " ");
    const bool isMany = word.kind == Word::Kind::Many || word.kind == Word::Kind::AtLeastOne;
    if (word.kind == Word::Kind::Required || word.kind == Word::Kind::AtLeastOne)
        place.option->required();
    if (!isMany || isOption)
        place.option->allow_extra_args(false)->expected(1);
    if (isMany && isOption)
        place.option->take_all();
}

CLI::App *addVerb(CLI::App &app, const Syntax &syntax, Places &places)
{
    CLI::App *verb = app.add_subcommand(syntax.verb, syntax.what);
    verb->footer(syntax.examples);
    for (const Word &word : syntax.words)
        addWord(*verb, word, places);
    return verb;
}

Typed typedOf(const std::string &verb, const std::string &data, bool json, const Places &places)
{
    Typed typed;
    typed.verb = QString::fromStdString(verb);
    typed.data = QString::fromLocal8Bit(data.c_str());
    typed.json = json;
    for (const Place &place : places) {
        if (place.option->count() == 0)
            continue;
        QStringList &texts = typed.words[QLatin1String(place.name)];
        for (const std::string &text : place.texts)
            texts << QString::fromLocal8Bit(text.c_str());
    }
    return typed;
}

bool passesExitCode(const QList<Syntax> &verbs, const CLI::App &app)
{
    for (const CLI::App *chosen : app.get_subcommands())
        for (const Syntax &syntax : verbs)
            if (chosen->get_name() == syntax.verb)
                return syntax.passesExitCode;
    return false;
}

} // namespace

std::variant<Typed, int> readCommandLine(const QList<Syntax> &verbs, int argc, char **argv)
{
    CLI::App app("Reach people and machines by key, from the command line.", "hawser");
    std::string data;
    bool json = false;
    app.formatter(std::make_shared<HelpFormatter>());
    app.footer(examples);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--data", data, "the folder everything is kept in")->option_text("DIR");
    app.add_flag("--json", json, "JSON on standard output, one object a line");
    app.set_version_flag("--version", "hawser " HAWSER_VERSION, "which version this is");
    std::map<std::string, Places> places;
    for (const Syntax &syntax : verbs)
        addVerb(app, syntax, places[syntax.verb]);
    try {
        app.parse(argc, argv);
        const std::string verb = app.get_subcommands().front()->get_name();
        return typedOf(verb, data, json, places[verb]);
    } catch (const CLI::Success &done) {
        return app.exit(done);
    } catch (const CLI::ParseError &error) {
        const QByteArray what = forTerminal(QString::fromLocal8Bit(error.what()).section(QLatin1Char('\n'), 0, 0));
        std::cerr << "hawser: " << what.constData() << "\nTry: hawser --help, or hawser VERB --help\n";
        return passesExitCode(verbs, app) ? exitRunFailed : exitUsage;
    }
}

} // namespace hawser::cli
