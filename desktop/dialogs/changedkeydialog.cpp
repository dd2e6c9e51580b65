#include "desktop/dialogs/changedkeydialog.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/iconmark.h"
#include "chat/widgets/panel.h"
#include "chat/widgets/safelabel.h"
#include "core/text.h"

#include <QDateTime>
#include <QFontDatabase>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

namespace hawser::desktop {

using namespace chat;

ChangedKeyDialog::ChangedKeyDialog(
    const QString &name, const PublicKey &known, const PublicKey &now, qint64 since, QWidget *parent)
    : QDialog(parent), m_word(now.words().section(QLatin1Char('-'), 0, 0))
{
    setObjectName(QStringLiteral("changedKeyDialog"));
    setWindowTitle(tr("Different key"));
    setAccessibleName(tr("Warning: a different key than before"));
    setAttribute(Qt::WA_ShowWithoutActivating);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 14);
    layout->addWidget(makeFrame(name, known, now, since));
    m_typing = new QWidget(this);
    auto *line = new QHBoxLayout(m_typing);
    line->setContentsMargins(0, 0, 0, 0);
    auto *ask = new SafeLabel(tr("To replace it, type the first word of the new key:"), m_typing);
    m_typed = new QLineEdit(m_typing);
    m_typed->setObjectName(QStringLiteral("changedKeyWord"));
    m_typed->setAccessibleName(tr("First word of the new key"));
    ask->setBuddy(m_typed);
    line->addWidget(ask);
    line->addWidget(m_typed, 1);
    m_typing->hide();
    layout->addWidget(m_typing);
    auto *buttons = new QHBoxLayout;
    m_disconnect = new QPushButton(tr("&Disconnect"), this);
    m_disconnect->setObjectName(QStringLiteral("changedKeyDisconnect"));
    m_replace = new QPushButton(tr("I &know why – replace the key…"), this);
    m_replace->setObjectName(QStringLiteral("changedKeyReplace"));
    for (QPushButton *button : { m_disconnect, m_replace })
        button->setAutoDefault(false);
    buttons->addWidget(m_replace);
    buttons->addStretch(1);
    buttons->addWidget(m_disconnect);
    layout->addLayout(buttons);
    connect(m_disconnect, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_replace, &QPushButton::clicked, this, &ChangedKeyDialog::askForWord);
    connect(m_typed, &QLineEdit::textChanged, this, &ChangedKeyDialog::compareWord);
    connect(this, &QDialog::rejected, this, [this] {
        if (!m_replaced)
            emit disconnectWished();
    });
    m_disconnect->setFocus();
}

QWidget *ChangedKeyDialog::makeFrame(const QString &name, const PublicKey &known, const PublicKey &now, qint64 since)
{
    auto *frame = new Panel(Panel::Tone::Danger, this);
    frame->setBorder(3);
    auto *grid = new QGridLayout(frame);
    grid->setContentsMargins(16, 14, 16, 14);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(2, 1);
    auto *heading = new SafeLabel(frame);
    heading->setObjectName(QStringLiteral("changedKeyHeading"));
    heading->setText(SafeText::sentence(tr("%1 has a different key than before."), claimedName(name)));
    QFont bold = heading->font();
    bold.setBold(true);
    bold.setPointSizeF(bold.pointSizeF() * 1.2);
    heading->setFont(bold);
    heading->setWordWrap(true);
    auto *why = new SafeLabel(tr("Either it was reinstalled, or someone is pretending. Nothing was sent."), frame);
    why->setWordWrap(true);
    grid->addWidget(new IconMark(icon(QStringLiteral("warning")), 2.2, frame), 0, 0, 2, 1, Qt::AlignTop);
    grid->addWidget(heading, 0, 1, 1, 2);
    grid->addWidget(why, 1, 1, 1, 2);
    const QString day = QLocale().toString(QDateTime::fromMSecsSinceEpoch(since).date(), QStringLiteral("d MMMM yyyy"));
    const struct {
        QString caption;
        const PublicKey &key;
        const char *name;
    } keys[] = { { since > 0 ? tr("Known since %1").arg(day) : tr("Known until now"), known, "changedKeyKnown" },
        { tr("Now"), now, "changedKeyNow" } };
    for (const auto &each : keys) {
        auto *words = new SafeLabel(each.key.words(), frame);
        words->setObjectName(QLatin1String(each.name));
        words->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
        const int row = grid->rowCount();
        grid->addWidget(new SafeLabel(each.caption, frame), row, 1);
        grid->addWidget(words, row, 2);
    }
    return frame;
}

void ChangedKeyDialog::askForWord()
{
    if (m_typing->isVisible())
        return replace();
    m_typing->show();
    m_replace->setText(tr("&Replace the key"));
    m_replace->setEnabled(false);
    m_typed->setFocus();
    adjustSize();
}

void ChangedKeyDialog::compareWord()
{
    m_replace->setEnabled(m_typed->text().trimmed().compare(m_word, Qt::CaseInsensitive) == 0);
}

void ChangedKeyDialog::replace()
{
    m_replaced = true;
    emit replaceWished();
    accept();
}

void ChangedKeyDialog::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return event->accept();
    QDialog::keyPressEvent(event);
}

} // namespace hawser::desktop
