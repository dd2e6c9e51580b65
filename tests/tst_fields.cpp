#include "core/limits.h"
#include "core/wire.h"

#include <QtTest>

using namespace hawser;

namespace {

enum class Colour : quint8 { Red = 1, Blue = 2 };

struct Entry {
    QString path;
    qint64 size = 0;

    static void describe(auto &field)
    {
        field("path", &Entry::path, { .required = true });
        field("size", &Entry::size, { .least = 0 });
    }
};

struct Everything {
    bool flag = true;
    int count = 3;
    quint8 small = 7;
    qint64 large = 0;
    quint64 huge = 0;
    double ratio = 0.5;
    QString text = "default";
    QString mode = "draft";
    QByteArray bytes;
    PublicKey key;
    Colour colour = Colour::Red;
    QStringList names;
    QList<int> numbers;
    Value any;
    std::optional<quint32> maybe;
    Entry entry { "here", 1 };
    QList<Entry> entries;
    milliseconds wait { 5 };

    static void describe(auto &field)
    {
        field("flag", &Everything::flag);
        field("count", &Everything::count, { .description = "how often", .least = 1, .most = 10 });
        field("small", &Everything::small);
        field("large", &Everything::large);
        field("huge", &Everything::huge);
        field("ratio", &Everything::ratio, { .least = 0 });
        field("text", &Everything::text);
        field("mode", &Everything::mode, { .choices = { "draft", "final" } });
        field("bytes", &Everything::bytes);
        field("key", &Everything::key);
        field("colour", &Everything::colour, { .least = 1, .most = 2 });
        field("names", &Everything::names);
        field("numbers", &Everything::numbers, { .most = 5 });
        field("any", &Everything::any);
        field("maybe", &Everything::maybe);
        field("entry", &Everything::entry);
        field("entries", &Everything::entries);
        field("wait", &Everything::wait);
    }
};

/// The base point of the curve: a key that libsodium takes.
PublicKey someKey()
{
    return *PublicKey::fromHex(u"5866666666666666666666666666666666666666666666666666666666666666");
}

Value map(const char *key, Value value)
{
    return Value::Map { { key, std::move(value) } };
}

template <typename T>
QString sentenceOf(const Result<T> &result)
{
    return result ? QStringLiteral("good") : result.error().sentence;
}

const Field *find(const Schema &schema, const QString &name)
{
    const auto it = std::find_if(schema.begin(), schema.end(), [&](const Field &field) { return field.name == name; });
    return it == schema.end() ? nullptr : &*it;
}

Schema formSchema()
{
    return {
        { .name = "path", .type = FieldType::Text, .required = true },
        { .name = "count", .type = FieldType::Int, .fallback = 2, .least = 1, .most = 10 },
        { .name = "ratio", .type = FieldType::Float, .least = 0 },
        { .name = "mode", .type = FieldType::Text, .choices = { "draft", "final" } },
        { .name = "flag", .type = FieldType::Bool },
        { .name = "bytes", .type = FieldType::Bytes },
        { .name = "key", .type = FieldType::Key },
        { .name = "list", .type = FieldType::List, .choices = { "a", "b" } },
        { .name = "numbers", .type = FieldType::List, .most = 5 },
        { .name = "map", .type = FieldType::Map },
        { .name = "any", .type = FieldType::Any },
    };
}

} // namespace

Q_DECLARE_METATYPE(hawser::Value)

class FieldsTest : public QObject {
    Q_OBJECT

private slots:
    void writesTheseBytes();
    void everyMemberComesBack();
    void missingMembersKeepTheirDefault();
    void refusesWithASentence_data();
    void refusesWithASentence();
    void takesTheEdges();
    void missingNullAndEmptyDiffer();
    void unknownMembersAreIgnored();
    void absentAndPresentOptionals();
    void nullKeysAreNotWritten();
    void schemaSaysWhatIsChecked();
    void schemaTravels();
    void refusesDamagedSchemas();
    void readsTypesOfTheFutureAsAny();
    void conformFillsInAndConverts();
    void conformRefuses_data();
    void conformRefuses();
    void parsesWhatPeopleType_data();
    void parsesWhatPeopleType();
    void refusesWhatCannotBeParsed_data();
    void refusesWhatCannotBeParsed();
};

void FieldsTest::writesTheseBytes()
{
    QCOMPARE(encodeStruct(Entry { "a", 300 }).toHex(), QByteArray("82a470617468a161a473697a65cd012c"));
    QVERIFY(!decodeStruct<Entry>(QByteArray::fromHex("82a470617468a161a4706174")));
    const Result<Entry> read = decodeStruct<Entry>(QByteArray::fromHex("82a473697a65cd012ca470617468a161"));
    QVERIFY(read);
    QCOMPARE(read->path, "a");
    QCOMPARE(read->size, 300);
}

void FieldsTest::everyMemberComesBack()
{
    Everything all;
    all.flag = false;
    all.count = 10;
    all.small = 255;
    all.large = std::numeric_limits<qint64>::min();
    all.huge = std::numeric_limits<quint64>::max();
    all.ratio = 2.25;
    all.text = "ü";
    all.mode = "final";
    all.bytes = QByteArray("\0\xff", 2);
    all.key = someKey();
    all.colour = Colour::Blue;
    all.names = QStringList { "a", "" };
    all.numbers = { -4, 5 };
    all.any = Value::List { 1, Value() };
    all.maybe = 9;
    all.entry = { "there", 4 };
    all.entries = { { "one", 1 }, { "two", 2 } };
    all.wait = milliseconds(1500);

    const Result<Everything> read = decodeStruct<Everything>(encodeStruct(all));
    QVERIFY2(read, qUtf8Printable(sentenceOf(read)));
    QCOMPARE(read->flag, all.flag);
    QCOMPARE(read->count, all.count);
    QCOMPARE(read->small, all.small);
    QCOMPARE(read->large, all.large);
    QCOMPARE(read->huge, all.huge);
    QCOMPARE(read->ratio, all.ratio);
    QCOMPARE(read->text, all.text);
    QCOMPARE(read->mode, all.mode);
    QCOMPARE(read->bytes, all.bytes);
    QVERIFY(read->key == all.key);
    QVERIFY(read->colour == all.colour);
    QCOMPARE(read->names, all.names);
    QCOMPARE(read->numbers, all.numbers);
    QVERIFY(read->any == all.any);
    QVERIFY(read->maybe == all.maybe);
    QCOMPARE(read->entry.path, "there");
    QCOMPARE(read->entries.size(), 2);
    QCOMPARE(read->entries[1].path, "two");
    QVERIFY(read->wait == all.wait);
}

void FieldsTest::missingMembersKeepTheirDefault()
{
    const Result<Everything> read = fromValue<Everything>(Value::Map());
    QVERIFY(read);
    QCOMPARE(read->flag, true);
    QCOMPARE(read->count, 3);
    QCOMPARE(read->text, "default");
    QCOMPARE(read->entry.path, "here");
    QVERIFY(!read->maybe);
    QVERIFY(read->key.isNull());
}

void FieldsTest::refusesWithASentence_data()
{
    QTest::addColumn<Value>("value");
    QTest::addColumn<QString>("sentence");

    const auto row = [](const char *key, Value value, const char *sentence) {
        QTest::addRow("%s: %s", key, sentence) << map(key, std::move(value)) << QString(sentence);
    };
    QTest::newRow("no map") << Value(1) << "the value must be a map";
    QTest::newRow("null") << Value() << "the value must be a map";
    row("flag", 1, "\"flag\" must be true or false");
    row("flag", "true", "\"flag\" must be true or false");
    row("flag", Value(), "\"flag\" must be true or false");
    row("count", 0, "\"count\" must be between 1 and 10");
    row("count", 11, "\"count\" must be between 1 and 10");
    row("count", std::numeric_limits<qint64>::max(), "\"count\" must be between 1 and 10");
    row("count", std::numeric_limits<quint64>::max(), "\"count\" must be between 1 and 10");
    row("count", 3.0, "\"count\" must be a whole number");
    row("count", "3", "\"count\" must be a whole number");
    row("count", true, "\"count\" must be a whole number");
    row("count", QByteArray("3"), "\"count\" must be a whole number");
    row("count", Value(), "\"count\" must be a whole number");
    row("small", 256, "\"small\" must be between 0 and 255");
    row("small", -1, "\"small\" must be between 0 and 255");
    row("large", quint64(1) << 63, "\"large\" must be a whole number");
    row("huge", -1, "\"huge\" must be at least 0");
    row("ratio", -0.5, "\"ratio\" must be at least 0");
    row("ratio", "1", "\"ratio\" must be a number");
    row("ratio", 9007199254740993, "\"ratio\" must be a number");
    row("ratio", qQNaN(), "\"ratio\" must be a number");
    row("ratio", qInf(), "\"ratio\" must be a number");
    row("text", QByteArray("x"), "\"text\" must be text");
    row("text", QString(limits::stringBytes + 1, u'a'), "\"text\" must not be longer than 65536 bytes");
    row("text", QString(limits::stringBytes / 2 + 1, u'ü'), "\"text\" must not be longer than 65536 bytes");
    row("mode", "other", "\"mode\" must be one of: draft, final");
    row("mode", "", "\"mode\" must be one of: draft, final");
    row("bytes", "x", "\"bytes\" must be bytes");
    row("key", QByteArray(31, 'x'), "\"key\" must be a key of 32 bytes");
    row("key", QByteArray(32, '\0'), "\"key\" must be a key of 32 bytes");
    row("key", QString(someKey().hex()), "\"key\" must be a key of 32 bytes");
    row("colour", 0, "\"colour\" must be between 1 and 2");
    row("colour", 3, "\"colour\" must be between 1 and 2");
    row("names", "a", "\"names\" must be a list");
    row("names", Value::List { "a", 1 }, "\"names[1]\" must be text");
    row("numbers", Value::List { 5, 6 }, "\"numbers[1]\" must be between -2147483648 and 5");
    row("maybe", Value(), "\"maybe\" must be a whole number");
    row("entry", 1, "\"entry\" must be a map");
    row("entry", Value::Map(), "\"entry.path\" is missing");
    row("entry", Value::Map { { "path", "x" }, { "size", -1 } }, "\"entry.size\" must be at least 0");
    row("entries", Value::List { map("path", "a"), map("size", 1) }, "\"entries[1].path\" is missing");
    row("entries", Value::List { map("path", 5) }, "\"entries[0].path\" must be text");
    row("wait", -1, "\"wait\" must be at least 0");
    row("wait", 1.5, "\"wait\" must be a whole number");
}

void FieldsTest::refusesWithASentence()
{
    QFETCH(Value, value);
    const Result<Everything> read = fromValue<Everything>(value);
    QVERIFY(!read);
    QCOMPARE(read.error().code, Code::InvalidArgument);
    QTEST(read.error().sentence, "sentence");
}

void FieldsTest::takesTheEdges()
{
    QCOMPARE(fromValue<Everything>(map("count", 1))->count, 1);
    QCOMPARE(fromValue<Everything>(map("count", 10))->count, 10);
    QCOMPARE(fromValue<Everything>(map("small", 0))->small, 0);
    QCOMPARE(fromValue<Everything>(map("ratio", 4))->ratio, 4.0);
    QVERIFY(fromValue<Everything>(map("text", QString(limits::stringBytes, u'a'))));
    QVERIFY(fromValue<Everything>(map("text", QString(limits::stringBytes / 2, u'ü'))));
    QCOMPARE(fromValue<Everything>(map("huge", quint64(1) << 63))->huge, quint64(1) << 63);
}

void FieldsTest::missingNullAndEmptyDiffer()
{
    QCOMPARE(sentenceOf(fromValue<Entry>(Value::Map())), "\"path\" is missing");
    QCOMPARE(sentenceOf(fromValue<Entry>(map("path", Value()))), "\"path\" must be text");
    QCOMPARE(sentenceOf(fromValue<Entry>(map("path", ""))), "good");
}

void FieldsTest::unknownMembersAreIgnored()
{
    const Result<Entry> read = fromValue<Entry>(Value::Map { { "new", Value::Map() }, { "path", "x" } });
    QVERIFY(read);
    QCOMPARE(read->path, "x");
}

void FieldsTest::absentAndPresentOptionals()
{
    Everything all;
    QVERIFY(!toValue(all).find(u"maybe"));
    all.maybe = 0;
    QCOMPARE(toValue(all)[u"maybe"].kind(), Value::Kind::Int);
}

void FieldsTest::nullKeysAreNotWritten()
{
    QVERIFY(!toValue(Everything()).find(u"key"));
}

void FieldsTest::schemaSaysWhatIsChecked()
{
    const Schema schema = schemaOf<Everything>();
    QCOMPARE(schema.size(), 18);
    QCOMPARE(schema.first().name, "flag");
    const Field *count = find(schema, "count");
    QCOMPARE(count->type, FieldType::Int);
    QCOMPARE(count->required, false);
    QCOMPARE(count->fallback.toInt(), 3);
    QCOMPARE(count->description, "how often");
    QCOMPARE(*count->least, 1.0);
    QCOMPARE(*count->most, 10.0);
    QCOMPARE(*find(schema, "small")->most, 255.0);
    QVERIFY(!find(schema, "large")->least);
    QCOMPARE(*find(schema, "huge")->least, 0.0);
    QCOMPARE(find(schema, "mode")->choices.size(), size_t(2));
    QCOMPARE(find(schema, "key")->type, FieldType::Key);
    QVERIFY(find(schema, "key")->fallback.isNull());
    QCOMPARE(find(schema, "colour")->type, FieldType::Int);
    QCOMPARE(find(schema, "colour")->fallback.toInt(), 1);
    QCOMPARE(find(schema, "names")->type, FieldType::List);
    QCOMPARE(find(schema, "any")->type, FieldType::Any);
    QCOMPARE(find(schema, "maybe")->type, FieldType::Int);
    QCOMPARE(*find(schema, "maybe")->most, 4294967295.0);
    QVERIFY(find(schema, "maybe")->fallback.isNull());
    QCOMPARE(find(schema, "entry")->type, FieldType::Map);
    QCOMPARE(find(schema, "wait")->fallback.toInt(), 5);
    QCOMPARE(*find(schema, "wait")->least, 0.0);
    const Field path = schemaOf<Entry>().first();
    QVERIFY(path.required);
    QVERIFY(path.fallback.isNull());
}

void FieldsTest::schemaTravels()
{
    const Schema schema = schemaOf<Everything>();
    const Result<Value> value = decode(encode(schemaToValue(schema)));
    QVERIFY(value);
    const Result<Schema> read = schemaFromValue(*value);
    QVERIFY2(read, qUtf8Printable(sentenceOf(read)));
    QCOMPARE(read->size(), schema.size());
    for (qsizetype i = 0; i < schema.size(); ++i) {
        QCOMPARE(read->at(i).name, schema[i].name);
        QCOMPARE(read->at(i).type, schema[i].type);
        QCOMPARE(read->at(i).required, schema[i].required);
        QVERIFY(read->at(i).fallback == schema[i].fallback);
        QVERIFY(read->at(i).choices == schema[i].choices);
        QCOMPARE(read->at(i).description, schema[i].description);
        QVERIFY(read->at(i).least == schema[i].least);
        QVERIFY(read->at(i).most == schema[i].most);
    }
    const Schema one { { .name = "a", .type = FieldType::Int, .required = true } };
    QCOMPARE(
        encode(schemaToValue(one)).toHex(), QByteArray("9183a46e616d65a161a474797065a3696e74a87265717569726564c3"));
}

void FieldsTest::refusesDamagedSchemas()
{
    const auto field = [](const char *name) { return Value(Value::Map { { "name", name }, { "type", "int" } }); };
    QVERIFY(schemaFromValue(Value::List { field("a"), field("b") }));
    QVERIFY(!schemaFromValue(Value::List { field("a"), field("a") }));
    QVERIFY(!schemaFromValue(Value::List { field("") }));
    QVERIFY(!schemaFromValue(Value::List { Value(QString(65, u'a')) }));
    QVERIFY(!schemaFromValue(Value::Map()));
    QVERIFY(!schemaFromValue(Value::List { 1 }));
    QVERIFY(!schemaFromValue(Value::List { map("name", "a") }));
    Value choices = field("a");
    choices.insert("choices", 1);
    QVERIFY(!schemaFromValue(Value::List { choices }));
    Value least = field("a");
    least.insert("least", "1");
    QVERIFY(!schemaFromValue(Value::List { least }));
    QVERIFY(!schemaFromValue(Value(Value::List(129, field("a")))));
}

void FieldsTest::readsTypesOfTheFutureAsAny()
{
    const Result<Schema> read =
        schemaFromValue(Value::List { Value::Map { { "name", "when" }, { "type", "moment" }, { "new", 1 } } });
    QVERIFY(read);
    QCOMPARE(read->first().type, FieldType::Any);
}

void FieldsTest::conformFillsInAndConverts()
{
    const Result<Value> good = conform(Value::Map { { "ratio", 2 }, { "path", "x" } }, formSchema());
    QVERIFY2(good, qUtf8Printable(sentenceOf(good)));
    QCOMPARE((*good)[u"count"].toInt(), 2);
    QCOMPARE((*good)[u"ratio"].kind(), Value::Kind::Float);
    QCOMPARE((*good)[u"path"].toText(), "x");
    QCOMPARE(good->map().size(), size_t(3));
    QVERIFY(conform(Value(), Schema()));
    QCOMPARE(int(conform(Value(), Schema())->kind()), int(Value::Kind::Map));
}

void FieldsTest::conformRefuses_data()
{
    QTest::addColumn<Value>("value");
    QTest::addColumn<QString>("sentence");

    const auto row = [](const char *key, Value value, const char *sentence) {
        Value with(Value::Map { { "path", "x" } });
        with.insert(key, std::move(value));
        QTest::addRow("%s: %s", key, sentence) << with << QString(sentence);
    };
    QTest::newRow("no map") << Value(Value::List()) << "the value must be a map";
    QTest::newRow("missing") << Value() << "\"path\" is missing";
    row("other", 1, "\"other\" is not known");
    row("path", Value(), "\"path\" must be text");
    row("count", 11, "\"count\" must be between 1 and 10");
    row("count", 2.0, "\"count\" must be a whole number");
    row("count", std::numeric_limits<quint64>::max(), "\"count\" must be between 1 and 10");
    row("ratio", -1, "\"ratio\" must be at least 0");
    row("mode", "other", "\"mode\" must be one of: draft, final");
    row("flag", 1, "\"flag\" must be true or false");
    row("bytes", "x", "\"bytes\" must be bytes");
    row("key", QByteArray(32, '\0'), "\"key\" must be a key of 32 bytes");
    row("list", Value::List { "a", "c" }, "\"list[1]\" must be one of: a, b");
    row("numbers", Value::List { 5, 5.5 }, "\"numbers[1]\" must be at most 5");
    row("map", Value::List(), "\"map\" must be a map");
}

void FieldsTest::conformRefuses()
{
    QFETCH(Value, value);
    const Result<Value> result = conform(value, formSchema());
    QVERIFY(!result);
    QCOMPARE(result.error().code, Code::InvalidArgument);
    QTEST(result.error().sentence, "sentence");
}

void FieldsTest::parsesWhatPeopleType_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("text");
    QTest::addColumn<Value>("value");

    QTest::newRow("text as it is") << "path"
                                   << " a b " << Value(" a b ");
    QTest::newRow("int") << "count"
                         << " 7 " << Value(7);
    QTest::newRow("float") << "ratio"
                           << "1.5" << Value(1.5);
    QTest::newRow("whole float") << "ratio"
                                 << "2" << Value(2.0);
    QTest::newRow("true") << "flag"
                          << "true" << Value(true);
    QTest::newRow("no") << "flag"
                        << "No" << Value(false);
    QTest::newRow("choice") << "mode"
                            << "final" << Value("final");
    QTest::newRow("bytes") << "bytes"
                           << "00fF" << Value(QByteArray("\0\xff", 2));
    QTest::newRow("no bytes") << "bytes"
                              << "" << Value(QByteArray());
    QTest::newRow("key") << "key" << someKey().hex() << Value(someKey().bytes());
    QTest::newRow("list") << "list"
                          << "a, b" << Value(Value::List { "a", "b" });
    QTest::newRow("empty list") << "list"
                                << "" << Value(Value::List());
    QTest::newRow("JSON list") << "numbers"
                               << "[1, 2.5]" << Value(Value::List { 1, 2.5 });
    QTest::newRow("JSON map") << "map"
                              << "{\"a\": [true, null]}" << map("a", Value::List { true, Value() });
    QTest::newRow("any number") << "any"
                                << "42" << Value(42);
    QTest::newRow("any text") << "any"
                              << "hello" << Value("hello");
}

void FieldsTest::parsesWhatPeopleType()
{
    QFETCH(QString, field);
    QFETCH(QString, text);
    QFETCH(Value, value);
    const Result<Value> parsed = parseText(*find(formSchema(), field), text);
    QVERIFY2(parsed, qUtf8Printable(sentenceOf(parsed)));
    QVERIFY(*parsed == value);
}

void FieldsTest::refusesWhatCannotBeParsed_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("sentence");

    QTest::newRow("no int") << "count"
                            << "seven"
                            << "\"count\" must be a whole number";
    QTest::newRow("empty int") << "count"
                               << ""
                               << "\"count\" must be a whole number";
    QTest::newRow("fraction") << "count"
                              << "1.5"
                              << "\"count\" must be a whole number";
    QTest::newRow("too large an int") << "count"
                                      << "99999999999999999999"
                                      << "\"count\" must be a whole number";
    QTest::newRow("out of range") << "count"
                                  << "11"
                                  << "\"count\" must be between 1 and 10";
    QTest::newRow("NaN") << "ratio"
                         << "nan"
                         << "\"ratio\" must be a number";
    QTest::newRow("infinity") << "ratio"
                              << "inf"
                              << "\"ratio\" must be a number";
    QTest::newRow("comma") << "ratio"
                           << "1,5"
                           << "\"ratio\" must be a number";
    QTest::newRow("maybe") << "flag"
                           << "maybe"
                           << "\"flag\" must be true or false";
    QTest::newRow("no choice") << "mode"
                               << "Final"
                               << "\"mode\" must be one of: draft, final";
    QTest::newRow("half a byte") << "bytes"
                                 << "abc"
                                 << "\"bytes\" must be bytes";
    QTest::newRow("no hex") << "bytes"
                            << "zz"
                            << "\"bytes\" must be bytes";
    QTest::newRow("short key") << "key"
                               << "00ff"
                               << "\"key\" must be a key of 32 bytes";
    QTest::newRow("no JSON") << "map"
                             << "{a"
                             << "\"map\" must be a map";
    QTest::newRow("a list for a map") << "map"
                                      << "[]"
                                      << "\"map\" must be a map";
}

void FieldsTest::refusesWhatCannotBeParsed()
{
    QFETCH(QString, field);
    QFETCH(QString, text);
    const Result<Value> parsed = parseText(*find(formSchema(), field), text);
    QVERIFY(!parsed);
    QTEST(parsed.error().sentence, "sentence");
}

QTEST_APPLESS_MAIN(FieldsTest)
#include "tst_fields.moc"
