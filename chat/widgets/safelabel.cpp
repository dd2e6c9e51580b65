#include "chat/widgets/safelabel.h"

#include "core/text.h"

namespace hawser::chat {

QString isolated(const QString &foreign)
{
    constexpr QChar firstStrongIsolate(0x2068);
    constexpr QChar popIsolate(0x2069);
    return firstStrongIsolate + visible(foreign) + popIsolate;
}

QString plainCaption(const QString &foreign)
{
    return visible(foreign).replace(QLatin1Char('&'), QLatin1String("&&"));
}

QString plainToolTip(const QString &foreign)
{
    // A tag of our own makes it rich text for certain; what is inside is escaped.
    return QStringLiteral("<span>%1</span>").arg(visible(foreign).toHtmlEscaped());
}

SafeText::SafeText(const QString &foreign) : m_text(visible(foreign))
{
}

SafeText SafeText::lines(const QString &foreign)
{
    SafeText safe;
    safe.m_text = visibleText(foreign);
    return safe;
}

SafeText &SafeText::operator+=(const SafeText &other)
{
    m_text += other.m_text;
    return *this;
}

SafeLabel::SafeLabel(QWidget *parent) : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setOpenExternalLinks(false);
}

SafeLabel::SafeLabel(const QString &text, QWidget *parent) : SafeLabel(parent)
{
    setText(text);
}

} // namespace hawser::chat
