#include "desktop/pages/conversation_page.h"

#include "chat/widgets/chat_input.h"
#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "core/wall_clock.h"
#include "desktop/models/conversation_model.h"
#include "desktop/models/words.h"
#include "desktop/pages/find_bar.h"
#include "desktop/pages/offer_bar.h"
#include "desktop/pages/undo_bar.h"
#include "desktop/views/chat_view.h"
#include "desktop/views/drop_zone.h"
#include "desktop/views/dropped.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>

namespace hawser::desktop {

using chat::SafeLabel;

ConversationPage::ConversationPage(ConversationModel *model, QWidget *parent)
    : QWidget(parent), m_trouble(new SafeLabel(this)), m_condition(new SafeLabel(this)), m_find(new FindBar(this)),
      m_view(new ChatView(this)), m_offers(new OfferBar(this)), m_undo(new UndoBar(this)), m_zone(new DropZone(this))
{
    setObjectName(QStringLiteral("conversationPage"));
    setAcceptDrops(true);
    m_view->setConversation(model);
    m_trouble->setObjectName(QStringLiteral("conversationTrouble"));
    m_trouble->setWordWrap(true);
    m_trouble->setMargin(8);
    m_trouble->hide();
    m_condition->setObjectName(QStringLiteral("conversationCondition"));
    m_condition->setWordWrap(true);
    m_condition->setMargin(8);
    m_condition->hide();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHead());
    layout->addWidget(m_find);
    layout->addWidget(m_condition);
    layout->addWidget(m_view, 1);
    auto *below = new QVBoxLayout;
    below->setContentsMargins(12, 8, 12, 12);
    below->addWidget(m_trouble);
    below->addWidget(m_undo);
    below->addWidget(m_offers);
    below->addWidget(makeInput());
    layout->addLayout(below);
    connect(m_find, &FindBar::wished, m_view, &ChatView::markWords);
    connect(m_find, &FindBar::wished, this, &ConversationPage::searched);
    connect(m_find, &FindBar::chosen, model, &ConversationModel::goTo);
    connect(m_find, &FindBar::closed, m_view, &ChatView::goToNewest);
    connect(m_find, &FindBar::closed, this, &ConversationPage::focusInput);
    connect(m_view, &ChatView::tryAgainWished, this, &ConversationPage::tryAgainWished);
    connect(m_view, &ChatView::cancelWished, this, &ConversationPage::cancelWished);
    connect(m_view, &ChatView::openFolderWished, this, &ConversationPage::openFolderWished);
}

QWidget *ConversationPage::makeHead()
{
    auto *head = new QWidget(this);
    m_name = new SafeLabel(head);
    m_name->setObjectName(QStringLiteral("conversationName"));
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    large.setWeight(QFont::DemiBold);
    m_name->setFont(large);
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_presence = new SafeLabel(head);
    m_presence->setObjectName(QStringLiteral("conversationPresence"));
    m_route = new SafeLabel(head);
    m_route->setObjectName(QStringLiteral("conversationRoute"));
    m_route->setForegroundRole(QPalette::PlaceholderText);
    auto *rights = new QPushButton(tr("Rights…"), head);
    rights->setObjectName(QStringLiteral("rightsButton"));
    rights->setAccessibleName(tr("What this contact may do"));
    auto *text = new QVBoxLayout;
    text->setSpacing(1);
    text->addWidget(m_name);
    auto *line = new QHBoxLayout;
    line->setSpacing(12);
    line->addWidget(m_presence);
    line->addWidget(m_route, 1);
    text->addLayout(line);
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(16, 10, 12, 10);
    layout->addLayout(text, 1);
    layout->addWidget(rights);
    connect(rights, &QPushButton::clicked, this, &ConversationPage::rightsWished);
    return head;
}

QWidget *ConversationPage::makeInput()
{
    auto *row = new QWidget(this);
    m_attach = new QToolButton(row);
    m_attach->setObjectName(QStringLiteral("attachButton"));
    m_attach->setIcon(chat::icon(QStringLiteral("attach")));
    m_attach->setAutoRaise(true);
    m_attach->setAccessibleName(tr("Send files or a folder"));
    m_attach->setToolTip(tr("Send files or a folder"));
    m_attach->setPopupMode(QToolButton::InstantPopup);
    auto *menu = new QMenu(m_attach);
    menu->addAction(chat::icon(QStringLiteral("file")), tr("Files…"), this, [this] { attach(false); });
    menu->addAction(chat::icon(QStringLiteral("folder")), tr("A folder…"), this, [this] { attach(true); });
    m_attach->setMenu(menu);
    m_input = new chat::ChatInput(row);
    m_input->setObjectName(QStringLiteral("chatInput"));
    m_input->setAccessibleName(tr("Message"));
    m_input->installEventFilter(this);
    m_send = new QPushButton(chat::icon(QStringLiteral("send")), tr("Send"), row);
    m_send->setObjectName(QStringLiteral("sendButton"));
    m_send->setEnabled(false);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_attach, 0, Qt::AlignBottom);
    layout->addWidget(m_input, 1);
    layout->addWidget(m_send, 0, Qt::AlignBottom);
    connect(m_input, &chat::ChatInput::sendWished, this, &ConversationPage::say);
    connect(m_send, &QPushButton::clicked, this, &ConversationPage::say);
    connect(m_input, &QPlainTextEdit::textChanged, this,
        [this] { m_send->setEnabled(!m_input->toPlainText().trimmed().isEmpty()); });
    return row;
}

void ConversationPage::setContact(const ContactRow &row)
{
    if (row.contact.key != key()) {
        m_drafts.insert(key(), m_input->toPlainText());
        m_input->setPlainText(m_drafts.value(row.contact.key));
        m_input->moveCursor(QTextCursor::End);
        m_trouble->hide();
        m_undo->hide();
        m_find->close();
    }
    m_row = row;
    const QString name = row.contact.shownName();
    m_name->setText(name);
    m_presence->setText(headText(row.presence, row.contact.lastSeen, row.waitingFor, wallClock()));
    m_route->setText(routeText(row.presence));
    m_input->setPlaceholderText(tr("Message %1…").arg(chat::isolated(name)));
}

void ConversationPage::showTrouble(const QString &sentence)
{
    m_trouble->setText(sentence);
    m_trouble->setVisible(!sentence.isEmpty());
}

void ConversationPage::setCondition(const QString &sentence)
{
    m_condition->setText(sentence);
    m_condition->setVisible(!sentence.isEmpty());
}

void ConversationPage::find()
{
    m_find->open();
}

void ConversationPage::focusInput()
{
    m_input->setFocus(Qt::OtherFocusReason);
}

void ConversationPage::say()
{
    const QString text = m_input->toPlainText().trimmed();
    if (text.isEmpty())
        return;
    m_trouble->hide();
    m_input->clear();
    emit said(text);
}

void ConversationPage::attach(bool folder)
{
    auto *dialog = new QFileDialog(this, folder ? tr("Send a folder") : tr("Send files"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFiles);
    dialog->setOption(QFileDialog::ShowDirsOnly, folder);
    connect(dialog, &QFileDialog::filesSelected, this, &ConversationPage::dropped);
    dialog->open();
}

bool ConversationPage::eventFilter(QObject *object, QEvent *event)
{
    if (object == m_input && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape) {
        emit left();
        return true;
    }
    return QWidget::eventFilter(object, event);
}

void ConversationPage::showDropTarget(bool on)
{
    if (on)
        m_zone->appear(tr("Send to %1").arg(chat::isolated(m_row.contact.shownName())));
    else
        m_zone->hide();
}

void ConversationPage::dragEnterEvent(QDragEnterEvent *event)
{
    if (droppedPaths(event->mimeData()).isEmpty())
        return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    showDropTarget(true);
}

void ConversationPage::dragLeaveEvent(QDragLeaveEvent *)
{
    showDropTarget(false);
}

void ConversationPage::dropEvent(QDropEvent *event)
{
    showDropTarget(false);
    const QStringList paths = droppedPaths(event->mimeData());
    if (paths.isEmpty())
        return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    emit dropped(paths);
}

} // namespace hawser::desktop
