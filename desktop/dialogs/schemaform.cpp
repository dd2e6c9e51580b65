#include "desktop/dialogs/schemaform.h"

#include "chat/widgets/safelabel.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QRadioButton>
#include <QRegularExpression>
#include <QSpinBox>

#include <cmath>

namespace hawser::desktop {

using namespace chat;

namespace {

constexpr int mostRadios = 4; // more choices are easier to find in a list

/// Whole ones without an exponent, the rest as short as it can be read back.
QString typedFloat(double number)
{
    constexpr double exact = double(quint64(1) << 53);
    if (std::abs(number) < exact && std::trunc(number) == number)
        return QString::number(qint64(number));
    return QString::number(number, 'g', QLocale::FloatingPointShortest);
}

/// A value as a person would type it (parseText reads it back).
QString typed(const Value &value)
{
    switch (value.kind()) {
    case Value::Kind::Bool:
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case Value::Kind::Int:
        return QString::number(value.toInt());
    case Value::Kind::Unsigned:
        return QString::number(value.toUnsigned());
    case Value::Kind::Float:
        return typedFloat(value.toFloat());
    case Value::Kind::Bytes:
        return QString::fromLatin1(value.toBytes().toHex());
    default:
        return value.toText();
    }
}

bool fitsSpinBox(const Field &field)
{
    constexpr double most = std::numeric_limits<int>::max();
    return field.type == FieldType::Int && field.least && field.most && *field.least >= -most && *field.most <= most
        && (field.required || !field.fallback.isNull());
}

QString captionOf(const Field &field)
{
    const QString text = field.description.isEmpty() ? field.name : field.description;
    return plainCaption(text) + (field.required ? QStringLiteral(" *") : QString());
}

QString spokenName(const Field &field)
{
    const QString text = SafeText(field.description.isEmpty() ? field.name : field.description).text();
    return field.required ? SchemaForm::tr("%1 (needed)").arg(text) : text;
}

QString hintOf(const Field &field)
{
    if (field.least && field.most)
        return SchemaForm::tr("%1 to %2").arg(typedFloat(*field.least), typedFloat(*field.most));
    if (field.least)
        return SchemaForm::tr("%1 or more").arg(typedFloat(*field.least));
    if (field.most)
        return SchemaForm::tr("at most %1").arg(typedFloat(*field.most));
    return field.required ? QString() : SchemaForm::tr("may stay empty");
}

} // namespace

QString shellWord(const QString &word)
{
    static const QRegularExpression harmless(QStringLiteral("^[A-Za-z0-9_./:@%+,=-]+$"));
    if (harmless.match(word).hasMatch())
        return word;
    return QLatin1Char('\'') + QString(word).replace(QLatin1Char('\''), QLatin1String("'\\''")) + QLatin1Char('\'');
}

SchemaForm::SchemaForm(const Schema &schema, QWidget *parent) : QWidget(parent)
{
    auto *form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    for (const Field &field : schema)
        add(field, form);
    if (schema.isEmpty())
        form->addRow(new SafeLabel(tr("It takes no parameters."), this));
}

void SchemaForm::add(const Field &field, QFormLayout *form)
{
    QWidget *editor = makeEditor(field);
    editor->setObjectName(QStringLiteral("runField_") + field.name);
    editor->setAccessibleName(spokenName(field));
    if (field.type == FieldType::Bool) {
        form->addRow(QString(), editor);
        return;
    }
    auto *label = new SafeLabel(this);
    label->setText(captionOf(field));
    label->setBuddy(editor);
    form->addRow(label, editor);
}

QWidget *SchemaForm::makeEditor(const Field &field)
{
    if (field.type == FieldType::Bool)
        return makeCheckBox(field);
    if (!field.choices.empty())
        return field.choices.size() <= mostRadios ? makeRadios(field) : makeCombo(field);
    return fitsSpinBox(field) ? makeSpinBox(field) : makeLine(field);
}

QWidget *SchemaForm::makeCheckBox(const Field &field)
{
    auto *box = new QCheckBox(captionOf(field), this);
    box->setChecked(field.fallback.toBool());
    connect(box, &QCheckBox::toggled, this, &SchemaForm::changed);
    m_entries.append({ field, [box] { return typed(Value(box->isChecked())); } });
    return box;
}

QWidget *SchemaForm::makeRadios(const Field &field)
{
    auto *line = new QWidget(this);
    auto *layout = new QHBoxLayout(line);
    layout->setContentsMargins(0, 0, 0, 0);
    auto *group = new QButtonGroup(line);
    for (size_t n = 0; n < field.choices.size(); ++n) {
        auto *radio = new QRadioButton(plainCaption(typed(field.choices[n])), line);
        radio->setObjectName(QStringLiteral("runField_%1_%2").arg(field.name, typed(field.choices[n])));
        radio->setChecked(field.choices[n] == field.fallback);
        group->addButton(radio, int(n));
        layout->addWidget(radio);
        connect(radio, &QRadioButton::toggled, this, &SchemaForm::changed);
        if (n == 0)
            line->setFocusProxy(radio);
    }
    layout->addStretch(1);
    m_entries.append({ field, [group, choices = field.choices] {
                          const int chosen = group->checkedId();
                          return chosen < 0 ? QString() : typed(choices[size_t(chosen)]);
                      } });
    return line;
}

QWidget *SchemaForm::makeCombo(const Field &field)
{
    auto *box = new QComboBox(this);
    if (field.fallback.isNull())
        box->addItem(QString());
    for (const Value &choice : field.choices)
        box->addItem(SafeText(typed(choice)).text(), typed(choice));
    box->setCurrentIndex(qMax(0, box->findData(typed(field.fallback))));
    connect(box, &QComboBox::currentIndexChanged, this, &SchemaForm::changed);
    m_entries.append({ field, [box] { return box->currentData().toString(); } });
    return box;
}

QWidget *SchemaForm::makeSpinBox(const Field &field)
{
    auto *box = new QSpinBox(this);
    box->setRange(int(*field.least), int(*field.most));
    box->setValue(int(field.fallback.toInt(box->minimum())));
    connect(box, &QSpinBox::valueChanged, this, &SchemaForm::changed);
    m_entries.append({ field, [box] { return QString::number(box->value()); } });
    return box;
}

QWidget *SchemaForm::makeLine(const Field &field)
{
    auto *line = new QLineEdit(this);
    line->setText(typed(field.fallback));
    line->setPlaceholderText(hintOf(field));
    connect(line, &QLineEdit::textChanged, this, &SchemaForm::changed);
    m_entries.append({ field, [line] { return line->text(); } });
    return line;
}

Result<Value> SchemaForm::value() const
{
    Value map { Value::Map {} };
    Schema schema;
    for (const Entry &entry : m_entries) {
        schema << entry.field;
        const QString text = entry.text();
        if (text.isEmpty())
            continue;
        const Result<Value> read = parseText(entry.field, text);
        if (!read)
            return read.error();
        map.insert(entry.field.name, *read);
    }
    return conform(map, schema);
}

QStringList SchemaForm::arguments() const
{
    QStringList words;
    for (const Entry &entry : m_entries) {
        const QString text = entry.text();
        const bool asUsual = text == typed(entry.field.fallback) && !entry.field.required;
        if (!text.isEmpty() && !asUsual)
            words << shellWord(entry.field.name + QLatin1Char('=') + text);
    }
    return words;
}

} // namespace hawser::desktop
