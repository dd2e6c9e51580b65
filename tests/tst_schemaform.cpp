#include "chat/widgets/safelabel.h"
#include "desktop/dialogs/rundialog.h"
#include "desktop/dialogs/schemaform.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>

using namespace hawser;
using namespace hawser::desktop;

namespace {

Field field(const char *name, FieldType type, bool required = false)
{
    Field field;
    field.name = QLatin1String(name);
    field.type = type;
    field.required = required;
    return field;
}

Schema render()
{
    Field scene = field("scene", FieldType::Text, true);
    scene.description = QStringLiteral("<b>scene</b> file & more");
    Field frames = field("frames", FieldType::Int);
    frames.least = 1;
    frames.most = 48;
    frames.fallback = Value(24);
    Field quality = field("quality", FieldType::Text);
    quality.choices = { Value("draft"), Value("final") };
    quality.fallback = Value("draft");
    return { scene, frames, quality, field("scale", FieldType::Float), field("dry", FieldType::Bool) };
}

CommandSpec spec(const char *name, const Schema &schema)
{
    CommandSpec spec;
    spec.name = QLatin1String(name);
    spec.description = QStringLiteral("renders <i>one</i> file");
    spec.parameters = schema;
    return spec;
}

template <typename T>
T *find(const QWidget &in, const char *name)
{
    return in.findChild<T *>(QLatin1String(name));
}

} // namespace

class TestSchemaForm : public QObject {
    Q_OBJECT

private slots:
    void hasAWidgetForEachType();
    void givesWhatWasFilledIn();
    void showsNumbersWhole_data();
    void showsNumbersWhole();
    void hintsSayWholeNumbers();
    void saysWhatIsWrong();
    void showsForeignTextAsItIs();
    void quotesForAShell_data();
    void quotesForAShell();
    void dialogShowsTheEquivalentAndRuns();
    void dialogFollowsTheOffer();
    void forAMachineThatIsAwayItSaysThatItWaits();
};

void TestSchemaForm::hasAWidgetForEachType()
{
    SchemaForm form(render());
    QVERIFY(find<QLineEdit>(form, "runField_scene"));
    QCOMPARE(find<QSpinBox>(form, "runField_frames")->value(), 24);
    QVERIFY(find<QRadioButton>(form, "runField_quality_draft")->isChecked());
    QVERIFY(find<QLineEdit>(form, "runField_scale"));
    QVERIFY(find<QCheckBox>(form, "runField_dry"));
    Schema many = { field("colour", FieldType::Text) };
    many[0].choices = { Value("1"), Value("2"), Value("3"), Value("4"), Value("5") };
    QVERIFY(find<QComboBox>(SchemaForm(many), "runField_colour"));
}

void TestSchemaForm::givesWhatWasFilledIn()
{
    SchemaForm form(render());
    find<QLineEdit>(form, "runField_scene")->setText(QStringLiteral("/srv/a b"));
    find<QRadioButton>(form, "runField_quality_final")->click();
    find<QLineEdit>(form, "runField_scale")->setText(QStringLiteral("1.5"));
    const Result<Value> value = form.value();
    QVERIFY(value);
    QCOMPARE((*value)[u"scene"].toText(), QStringLiteral("/srv/a b"));
    QCOMPARE((*value)[u"frames"].toInt(), 24);
    QCOMPARE((*value)[u"quality"].toText(), QStringLiteral("final"));
    QCOMPARE((*value)[u"scale"].toFloat(), 1.5);
    QCOMPARE(form.arguments(), QStringList({ "'scene=/srv/a b'", "quality=final", "scale=1.5", "dry=false" }));
}

void TestSchemaForm::showsNumbersWhole_data()
{
    QTest::addColumn<Value>("number");
    QTest::addColumn<FieldType>("type");
    QTest::addColumn<QString>("shown");
    const quint64 exact = quint64(1) << 53; // above it a double leaves some out
    QTest::newRow("2^53 + 1") << Value(exact + 1) << FieldType::Int << QStringLiteral("9007199254740993");
    QTest::newRow("2^63 + 1") << Value((quint64(1) << 63) + 1) << FieldType::Int
                              << QStringLiteral("9223372036854775809");
    QTest::newRow("2^64 - 1") << Value(~quint64(0)) << FieldType::Int << QStringLiteral("18446744073709551615");
    QTest::newRow("lowest") << Value(std::numeric_limits<qint64>::min()) << FieldType::Int
                            << QStringLiteral("-9223372036854775808");
    QTest::newRow("a tenth") << Value(0.1) << FieldType::Float << QStringLiteral("0.1");
}

void TestSchemaForm::showsNumbersWhole()
{
    QFETCH(Value, number);
    QFETCH(FieldType, type);
    Field count = field("count", type);
    count.fallback = number;
    SchemaForm form({ count });
    QTEST(find<QLineEdit>(form, "runField_count")->text(), "shown");
    const Result<Value> value = form.value();
    QVERIFY2(value, value ? "" : qPrintable(value.error().sentence));
    QCOMPARE((*value)[u"count"], number);
}

void TestSchemaForm::hintsSayWholeNumbers()
{
    Field count = field("count", FieldType::Int);
    count.least = 0;
    count.most = 4294967295;
    QCOMPARE(
        find<QLineEdit>(SchemaForm({ count }), "runField_count")->placeholderText(), QStringLiteral("0 to 4294967295"));
}

void TestSchemaForm::saysWhatIsWrong()
{
    SchemaForm form(render());
    const Result<Value> missing = form.value();
    QVERIFY(!missing);
    QVERIFY2(missing.error().sentence.contains(QLatin1String("scene")), qPrintable(missing.error().sentence));
    find<QLineEdit>(form, "runField_scene")->setText(QStringLiteral("x"));
    find<QLineEdit>(form, "runField_scale")->setText(QStringLiteral("much"));
    const Result<Value> wrong = form.value();
    QVERIFY(!wrong);
    QVERIFY2(wrong.error().sentence.contains(QLatin1String("scale")), qPrintable(wrong.error().sentence));
}

void TestSchemaForm::showsForeignTextAsItIs()
{
    SchemaForm form(render());
    bool found = false;
    for (const QLabel *label : form.findChildren<QLabel *>()) {
        QCOMPARE(label->textFormat(), Qt::PlainText);
        found = found || label->text() == QLatin1String("<b>scene</b> file && more *");
    }
    QVERIFY(found);
    QCOMPARE(
        find<QLineEdit>(form, "runField_scene")->accessibleName(), QStringLiteral("<b>scene</b> file & more (needed)"));
}

void TestSchemaForm::quotesForAShell_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("quoted");
    QTest::newRow("plain") << "a=/x/y.z"
                           << "a=/x/y.z";
    QTest::newRow("space") << "a b"
                           << "'a b'";
    QTest::newRow("quote") << "it's"
                           << "'it'\\''s'";
    QTest::newRow("dollar") << "$(rm)"
                            << "'$(rm)'";
    QTest::newRow("nothing") << ""
                             << "''";
}

void TestSchemaForm::quotesForAShell()
{
    QFETCH(QString, word);
    QTEST(shellWord(word), "quoted");
}

void TestSchemaForm::dialogShowsTheEquivalentAndRuns()
{
    RunDialog dialog(QStringLiteral("render-2"), { spec("render", render()) });
    QSignalSpy run(&dialog, &RunDialog::run);
    auto *button = find<QPushButton>(dialog, "runButton");
    button->click();
    QCOMPARE(run.count(), 0);
    QVERIFY(find<QLabel>(dialog, "runError")->text().contains(QLatin1String("scene")));
    find<QLineEdit>(dialog, "runField_scene")->setText(QStringLiteral("x"));
    QCOMPARE(
        find<QLabel>(dialog, "runEquivalent")->text(), QStringLiteral("hawser run render-2 render scene=x dry=false"));
    button->click();
    QCOMPARE(run.count(), 1);
    QCOMPARE(run[0][0].toString(), QStringLiteral("render"));
    QCOMPARE(run[0][1].value<Value>()[u"scene"].toText(), QStringLiteral("x"));
}

void TestSchemaForm::forAMachineThatIsAwayItSaysThatItWaits()
{
    RunDialog dialog(QStringLiteral("render-2"), { spec("echo", {}) });
    auto *away = find<QLabel>(dialog, "runAway");
    QVERIFY(!away->isVisibleTo(&dialog));
    dialog.setAway(true);
    QVERIFY(away->isVisibleTo(&dialog));
    QVERIFY(away->text().contains(QLatin1String("render-2")));
    QCOMPARE(find<QLabel>(dialog, "runEquivalent")->text(), QStringLiteral("hawser run render-2 echo --durable"));
    dialog.setAway(false);
    QVERIFY(!away->isVisibleTo(&dialog));
    QCOMPARE(find<QLabel>(dialog, "runEquivalent")->text(), QStringLiteral("hawser run render-2 echo"));
}

void TestSchemaForm::dialogFollowsTheOffer()
{
    const CommandSpec one = spec("render", render());
    RunDialog dialog(QStringLiteral("render-2"), { one });
    find<QLineEdit>(dialog, "runField_scene")->setText(QStringLiteral("kept"));
    dialog.setCommands({ spec("echo", {}), one });
    QCOMPARE(find<QLineEdit>(dialog, "runField_scene")->text(), QStringLiteral("kept"));
    dialog.setCommands({ spec("echo", {}) });
    QVERIFY(!find<QPushButton>(dialog, "runButton")->isEnabled());
    dialog.choose(QStringLiteral("echo"));
    QVERIFY(find<QPushButton>(dialog, "runButton")->isEnabled());
}

QTEST_MAIN(TestSchemaForm)
#include "tst_schemaform.moc"
