#include "desktop/pages/offer_bar.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/iconmark.h"
#include "chat/widgets/safelabel.h"
#include "core/disk_space.h"
#include "core/text.h"
#include "desktop/models/words.h"

#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

namespace hawser::desktop {

using chat::SafeLabel;
using chat::Transfer;

namespace {

/// The disk of a folder that may not be there yet.
Result<DiskSpace> diskOf(QString folder)
{
    while (!QFileInfo::exists(folder) && folder.contains(QLatin1Char('/')))
        folder.truncate(folder.lastIndexOf(QLatin1Char('/')));
    return diskSpaceAt(folder.isEmpty() ? QStringLiteral("/") : folder);
}

} // namespace

OfferBar::OfferBar(QWidget *parent)
    : Panel(Tone::Plain, parent), m_mark(new chat::IconMark(chat::icon(QStringLiteral("folder")), 1.6, this)),
      m_place(new SafeLabel(this)), m_title(new SafeLabel(this)), m_content(new SafeLabel(this)),
      m_note(new SafeLabel(this)), m_room(new SafeLabel(this)), m_failure(new SafeLabel(this)),
      m_saveTo(new QLineEdit(this)), m_decline(new QPushButton(tr("Decline"), this)),
      m_accept(new QPushButton(tr("Accept"), this))
{
    setObjectName(QStringLiteral("offerBar"));
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    m_title->setFont(strong);
    m_title->setWordWrap(true);
    m_note->setWordWrap(true);
    m_failure->setWordWrap(true);
    m_failure->setObjectName(QStringLiteral("offerFailure"));
    m_saveTo->setObjectName(QStringLiteral("offerSaveTo"));
    m_decline->setObjectName(QStringLiteral("offerDecline"));
    m_accept->setObjectName(QStringLiteral("offerAccept"));
    m_saveTo->setAccessibleName(tr("Save to folder"));
    auto *choose = new QToolButton(this);
    choose->setIcon(chat::icon(QStringLiteral("folder")));
    choose->setAccessibleName(tr("Choose the folder"));
    choose->setToolTip(tr("Choose the folder"));

    auto *head = new QHBoxLayout;
    head->addWidget(m_mark, 0, Qt::AlignTop);
    auto *text = new QVBoxLayout;
    text->setSpacing(2);
    for (SafeLabel *label : { m_title, m_content, m_note })
        text->addWidget(label);
    head->addLayout(text, 1);
    head->addWidget(m_place, 0, Qt::AlignTop);
    auto *where = new QHBoxLayout;
    where->addWidget(new SafeLabel(tr("Save to"), this));
    where->addWidget(m_saveTo, 1);
    where->addWidget(choose);
    where->addWidget(m_room);
    where->addSpacing(12);
    where->addWidget(m_decline);
    where->addWidget(m_accept);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 10, 14, 10);
    layout->addLayout(head);
    layout->addLayout(where);
    layout->addWidget(m_failure);

    connect(choose, &QToolButton::clicked, this, &OfferBar::chooseFolder);
    connect(m_saveTo, &QLineEdit::textChanged, this, &OfferBar::showRoom);
    connect(m_accept, &QPushButton::clicked, this, [this] { emit accepted(m_offer.id, m_saveTo->text()); });
    connect(m_decline, &QPushButton::clicked, this, [this] { emit declined(m_offer.id); });
    m_failure->hide();
    hide();
}

void OfferBar::setOffers(const QString &name, const QList<Transfer> &offers, const QString &saveFolder)
{
    setVisible(!offers.isEmpty());
    if (offers.isEmpty()) {
        m_offer = {};
        return;
    }
    m_name = name;
    m_place->setText(tr("1 of %1").arg(offers.size()));
    m_place->setVisible(offers.size() > 1);
    const bool another = m_offer.id != offers.first().id;
    show(offers.first());
    if (another) {
        m_failure->hide();
        m_saveTo->setText(QDir::toNativeSeparators(saveFolder));
    }
}

void OfferBar::show(const Transfer &offer)
{
    m_offer = offer;
    m_mark->setIcon(chat::icon(offer.folder ? QStringLiteral("folder") : QStringLiteral("file")));
    m_title->setText(chat::SafeText::sentence(tr("%1 – from %2"), offer.title, m_name));
    const QString content = contentText(offer);
    m_content->setText(offer.sentence.isEmpty() ? content : content + QStringLiteral(" · ") + visible(offer.sentence));
    m_note->setVisible(!offer.note.isEmpty());
    m_note->setText(chat::SafeText::sentence(tr("“%1”"), offer.note));
    m_accept->setAccessibleName(tr("Accept %1").arg(chat::isolated(offer.title)));
    m_decline->setAccessibleName(tr("Decline %1").arg(chat::isolated(offer.title)));
    showRoom();
}

void OfferBar::showRoom()
{
    const Result<DiskSpace> disk = diskOf(m_saveTo->text());
    if (!disk)
        return m_room->clear();
    if (m_offer.bytes > disk->free)
        m_room->setText(tr("needs %1, %2 free").arg(sizeText(m_offer.bytes), sizeText(disk->free)));
    else
        m_room->setText(tr("free: %1").arg(sizeText(disk->free)));
}

void OfferBar::showFailure(const QString &sentence)
{
    m_failure->setText(sentence);
    m_failure->show();
}

void OfferBar::chooseFolder()
{
    auto *dialog = new QFileDialog(this, tr("Save to"), m_saveTo->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, m_saveTo, &QLineEdit::setText);
    dialog->open();
}

} // namespace hawser::desktop
