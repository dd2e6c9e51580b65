#pragma once

#include <QLabel>

namespace hawser::chat {

// The one way for text to reach labels, buttons and tool tips. Names, messages and sentences come from others; here they
// never become markup, and nothing in them is invisible or moves its neighbours (security.md fact 9).

/// Foreign text inside a sentence of ours: visible, one line, and isolated so that it cannot turn the rest around.
QString isolated(const QString &foreign);
/// Text for buttons, check boxes, actions, tabs, menus and the labels of fields: an & in it is an &, not a mnemonic.
QString plainCaption(const QString &foreign);
/// Text for setToolTip(), which would guess markup.
QString plainToolTip(const QString &foreign);

/// A label of plain text that can be read aloud, selected and copied as it is seen.
class SafeLabel : public QLabel {
    Q_OBJECT

public:
    explicit SafeLabel(QWidget *parent = nullptr);
    explicit SafeLabel(const QString &text, QWidget *parent = nullptr);

    /// One line: line feeds become visible.
    void setText(const QString &text);
    /// Line feeds and tabs stay.
    void setLines(const QString &text);
    /// Our own words, with somebody else's in place of %1, %2 …
    template <typename... Foreign>
    void setSentence(const QString &pattern, const Foreign &...foreign)
    {
        setSafe(pattern.arg(isolated(foreign)...));
    }

private:
    void setSafe(const QString &text);
};

} // namespace hawser::chat
