#include "desktop/windows/blocked_dialog.h"

#include "chat/widgets/panel.h"
#include "chat/widgets/safelabel.h"
#include "desktop/models/words.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace hawser::desktop {

using chat::Block;
using chat::SafeLabel;
using chat::SafeText;

namespace {

SafeText titleOf(const Block &block)
{
    switch (block.what) {
    case Block::What::Key:
        return block.claim.isEmpty() ? SafeText::sentence(BlockedDialog::tr("Somebody without a name"))
                                     : SafeText::sentence(BlockedDialog::tr("“%1”"), block.claim);
    case Block::What::Address:
        return SafeText::sentence(BlockedDialog::tr("Everybody at %1"), block.address);
    case Block::What::Strangers:
        return SafeText::sentence(BlockedDialog::tr("All strangers"));
    }
    return {};
}

QString timeOf(const Block &block, qint64 now)
{
    const QString since = block.since == 0 ? BlockedDialog::tr("Blocked")
                                           : BlockedDialog::tr("Blocked since %1").arg(momentText(block.since, now));
    return block.until == 0 ? since : BlockedDialog::tr("%1, until %2").arg(since, momentText(block.until, now));
}

} // namespace

BlockedDialog::BlockedDialog(QWidget *parent)
    : QDialog(parent), m_about(new SafeLabel(this)), m_list(new QScrollArea(this)), m_trouble(new SafeLabel(this)),
      m_buttons(new QDialogButtonBox(this))
{
    setObjectName(QStringLiteral("blockedDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Blocked"));
    setMinimumSize(fontMetrics().averageCharWidth() * 64, fontMetrics().height() * 16);
    m_about->setObjectName(QStringLiteral("blockedAbout"));
    m_about->setWordWrap(true);
    m_trouble->setWordWrap(true);
    m_trouble->hide();
    m_list->setAccessibleName(tr("Who is blocked"));
    m_list->setWidgetResizable(true);
    m_list->setFrameShape(QFrame::NoFrame);
    QPushButton *close = m_buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    close->setDefault(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(14);
    layout->addWidget(m_about);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_trouble);
    layout->addWidget(m_buttons);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void BlockedDialog::setBlocks(const QList<Block> &blocks, qint64 now)
{
    auto *rows = new QWidget;
    auto *layout = new QVBoxLayout(rows);
    layout->setContentsMargins(0, 0, 0, 0);
    int shown = 0;
    for (const Block &block : blocks) {
        if (block.until != 0 && block.until <= now)
            continue;
        layout->addWidget(makeRow(block, now));
        ++shown;
    }
    layout->addStretch(1);
    if (QWidget *before = m_list->takeWidget())
        before->deleteLater(); // one of its buttons may be what was pressed
    m_list->setWidget(rows);
    m_list->setVisible(shown > 0);
    m_about->setText(shown == 0
            ? tr("Nobody is blocked.")
            : tr("Their requests do not reach you, and they are not told. Unblocked, they may ask again."));
}

QWidget *BlockedDialog::makeRow(const Block &block, qint64 now)
{
    const SafeText title = titleOf(block);
    auto *row = new chat::Panel(chat::Panel::Tone::Plain);
    auto *name = new SafeLabel(row);
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    name->setFont(strong);
    name->setWordWrap(true);
    name->setText(title);
    name->setObjectName(QStringLiteral("blockedName"));
    auto *text = new QVBoxLayout;
    text->addWidget(name);
    if (block.what == Block::What::Key) {
        auto *words = new SafeLabel(block.key.words(), row);
        words->setObjectName(QStringLiteral("blockedKey"));
        words->setWordWrap(true);
        words->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        text->addWidget(words);
    }
    auto *time = new SafeLabel(timeOf(block, now), row);
    time->setObjectName(QStringLiteral("blockedTime"));
    text->addWidget(time);
    auto *unblock = new QPushButton(tr("Unblock"), row);
    unblock->setObjectName(QStringLiteral("unblockButton"));
    unblock->setAutoDefault(false);
    unblock->setAccessibleName(tr("Unblock %1").arg(title.text()));
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(14, 10, 14, 10);
    layout->addLayout(text, 1);
    layout->addWidget(unblock, 0, Qt::AlignVCenter);
    connect(unblock, &QPushButton::clicked, this, [this, block] { emit unblockWished(block); });
    return row;
}

void BlockedDialog::showTrouble(const QString &sentence)
{
    m_trouble->setText(sentence);
    m_trouble->show();
}

} // namespace hawser::desktop
