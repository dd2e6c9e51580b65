#include "desktop/pages/undo_bar.h"

#include "chat/widgets/safelabel.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace hawser::desktop {

UndoBar::UndoBar(QWidget *parent) : Panel(Tone::Plain, parent), m_text(new chat::SafeLabel(this))
{
    auto *undo = new QPushButton(tr("Undo"), this);
    undo->setObjectName(QStringLiteral("sendUndo"));
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 6, 8, 6);
    layout->addWidget(m_text, 1);
    layout->addWidget(undo);
    m_timer.setSingleShot(true);
    m_timer.setInterval(8000);
    m_timer.callOnTimeout(this, &QWidget::hide);
    connect(undo, &QPushButton::clicked, this, [this] {
        hide();
        emit undone(m_transfer);
    });
    hide();
}

void UndoBar::appear(const QString &sentence, const QByteArray &transfer)
{
    m_transfer = transfer;
    m_text->setText(sentence);
    m_timer.start();
    show();
}

void UndoBar::forget(const QByteArray &transfer)
{
    if (transfer == m_transfer)
        hide();
}

} // namespace hawser::desktop
