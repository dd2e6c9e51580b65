#include "desktop/pages/missed_bar.h"

#include "chat/widgets/safelabel.h"

#include <QPushButton>
#include <QVBoxLayout>

namespace hawser::desktop {

MissedBar::MissedBar(QWidget *parent) : Panel(Tone::Warning, parent), m_text(new chat::SafeLabel(this))
{
    m_text->setWordWrap(true);
    m_text->setObjectName(QStringLiteral("missedText"));
    auto *close = new QPushButton(tr("Close"), this);
    close->setObjectName(QStringLiteral("missedSeen"));
    close->setAccessibleName(tr("Close: messages that went"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 8, 8);
    layout->addWidget(m_text);
    layout->addWidget(close, 0, Qt::AlignRight);
    connect(close, &QPushButton::clicked, this, &MissedBar::seen);
    hide();
}

void MissedBar::clear()
{
    m_sentences.clear();
    hide();
}

void MissedBar::add(const QString &sentence)
{
    m_sentences << sentence;
    m_text->setText(chat::SafeText::lines(m_sentences.join(QLatin1Char('\n'))));
    show();
}

} // namespace hawser::desktop
