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

/// Text that may be shown as it is: made of words of ours and of foreign text that has become harmless.
class SafeText {
public:
    SafeText() = default;
    /// Foreign text alone, one line.
    explicit SafeText(const QString &foreign);
    /// Our own words, with somebody else's in place of %1, %2 …
    template <typename... Foreign>
    static SafeText sentence(const QString &pattern, const Foreign &...foreign)
    {
        SafeText safe;
        if constexpr (sizeof...(foreign) == 0)
            safe.m_text = pattern;
        else
            safe.m_text = pattern.arg(isolated(foreign)...);
        return safe;
    }
    /// Foreign text of several lines: line feeds and tabs stay.
    static SafeText lines(const QString &foreign);

    const QString &text() const { return m_text; }
    bool isEmpty() const { return m_text.isEmpty(); }
    SafeText &operator+=(const SafeText &other);

private:
    QString m_text;
};

/// A label of plain text that can be read aloud, selected and copied as it is seen.
class SafeLabel : public QLabel {
    Q_OBJECT

public:
    explicit SafeLabel(QWidget *parent = nullptr);
    explicit SafeLabel(const QString &text, QWidget *parent = nullptr);

    /// One line: line feeds become visible.
    void setText(const QString &text) { setText(SafeText(text)); }
    void setText(const SafeText &text) { QLabel::setText(text.text()); }
};

} // namespace hawser::chat
