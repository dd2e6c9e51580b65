#pragma once

#include "core/fields.h"

#include <QWidget>
#include <functional>

class QFormLayout;

namespace hawser::desktop {

/// The form for a command's parameters, made from its schema. Descriptions, names and choices in it are text from others.
class SchemaForm : public QWidget {
    Q_OBJECT

public:
    explicit SchemaForm(const Schema &schema, QWidget *parent = nullptr);

    /// What was filled in, with what was left empty left out.
    /// \retval InvalidArgument  something is missing or cannot be: the sentence names the field
    Result<Value> value() const;
    /// "name=value" as a shell takes it, for the command line.
    QStringList arguments() const;

signals:
    void changed();

private:
    struct Entry {
        Field field;
        std::function<QString()> text; ///< what a person would type for it; empty: left out
    };

    QWidget *makeEditor(const Field &field);
    QWidget *makeCheckBox(const Field &field);
    QWidget *makeRadios(const Field &field);
    QWidget *makeCombo(const Field &field);
    QWidget *makeSpinBox(const Field &field);
    QWidget *makeLine(const Field &field);
    void add(const Field &field, QFormLayout *form);

    QList<Entry> m_entries;
};

/// A word as a POSIX shell reads it back.
QString shellWord(const QString &word);

} // namespace hawser::desktop
