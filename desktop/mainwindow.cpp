#include "desktop/mainwindow.h"

#include "chat/widgets/icon.h"
#include "core/text.h"
#include "desktop/pages/contacts_page.h"
#include "desktop/pages/conversation_page.h"
#include "desktop/pages/machines_page.h"
#include "desktop/pages/requests_page.h"
#include "desktop/pages/transfers_page.h"
#include "desktop/person_models.h"
#include "desktop/views/dropped.h"
#include "desktop/windows/about_dialog.h"
#include "desktop/windows/shortcuts_dialog.h"

#include <QApplication>
#include <QDragEnterEvent>
#include <QMenuBar>
#include <QSplitter>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>

namespace hawser::desktop {

namespace {

QString counted(const QString &title, int count)
{
    return count > 0 ? QStringLiteral("%1 (%2)").arg(title, QString::number(count)) : title;
}

} // namespace

MainWindow::MainWindow(PersonModels &models, const QString &folder)
    : m_settings(folder + QStringLiteral("/window.ini"), QSettings::IniFormat), m_pages(new QTabWidget(this)),
      m_contacts(new ContactsPage(&models.contacts(), &models.conversation())),
      m_machines(new MachinesPage(&models.machines())), m_transfers(new TransfersPage(&models.transfers())),
      m_requests(new RequestsPage(&models.requests()))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Hawser"));
    setWindowIcon(chat::applicationIcon());
    setAcceptDrops(true);
    addPages();
    addMenus();
    statusBar()->setSizeGripEnabled(false);
    statusBar()->hide();
    connect(statusBar(), &QStatusBar::messageChanged, this,
        [this](const QString &message) { statusBar()->setVisible(!message.isEmpty()); });
    restore();
}

MainWindow::~MainWindow() = default;

void MainWindow::addPages()
{
    m_pages->setObjectName(QStringLiteral("pages"));
    m_pages->setDocumentMode(true);
    m_pages->setAccessibleName(tr("Pages"));
    m_pages->tabBar()->setAccessibleName(tr("Pages"));
    m_pages->tabBar()->setExpanding(false);
    m_pages->addTab(m_contacts, chat::icon(QStringLiteral("contacts")), tr("Contacts"));
    m_pages->addTab(m_machines, chat::icon(QStringLiteral("machine")), tr("Machines"));
    m_pages->addTab(m_transfers, chat::icon(QStringLiteral("transfer")), tr("Transfers"));
    m_pages->addTab(m_requests, chat::icon(QStringLiteral("request")), tr("Requests"));
    setCentralWidget(m_pages);
}

void MainWindow::addMenus()
{
    QMenu *hawser = menuBar()->addMenu(tr("&Hawser"));
    hawser->setObjectName(QStringLiteral("hawserMenu"));
    QAction *join = hawser->addAction(chat::icon(QStringLiteral("link")), tr("&Connect to a broker or a person…"));
    join->setShortcut(QKeySequence::New);
    connect(join, &QAction::triggered, this, &MainWindow::joinWished);
    m_listening = hawser->addAction(tr("&Let people reach me directly"));
    m_listening->setObjectName(QStringLiteral("listenAction"));
    m_listening->setCheckable(true);
    connect(m_listening, &QAction::triggered, this, &MainWindow::listeningWished);
    hawser->addSeparator();
    m_review = hawser->addAction(chat::icon(QStringLiteral("request")), tr("&Review request"));
    m_review->setObjectName(QStringLiteral("reviewRequest"));
    m_review->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_R));
    connect(m_review, &QAction::triggered, this, &MainWindow::reviewWished);
    hawser->addSeparator();
    QAction *quit = hawser->addAction(tr("&Quit"));
    quit->setShortcut(QKeySequence::Quit);
    connect(quit, &QAction::triggered, this, &QWidget::close);

    QMenu *contacts = menuBar()->addMenu(tr("&Contacts"));
    contacts->setObjectName(QStringLiteral("contactsMenu"));
    QAction *jump = contacts->addAction(chat::icon(QStringLiteral("search")), tr("&Jump to a contact"));
    jump->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_K));
    connect(jump, &QAction::triggered, this, &MainWindow::jumpToContact);
    QAction *find = contacts->addAction(tr("&Find in the conversation"));
    find->setShortcut(QKeySequence::Find);
    connect(find, &QAction::triggered, this, &MainWindow::find);
    QMenu *add = m_contacts->addMenu();
    add->setTitle(tr("&Add"));
    contacts->addMenu(add);
    QAction *rights = contacts->addAction(chat::icon(QStringLiteral("key")), tr("&Rights…"));
    rights->setObjectName(QStringLiteral("rightsAction"));
    rights->setEnabled(false);
    connect(rights, &QAction::triggered, this, &MainWindow::rightsWished);
    connect(m_contacts, &ContactsPage::chosen, rights,
        [rights](const PublicKey &key) { rights->setEnabled(!key.isNull()); });
    QAction *blocked = contacts->addAction(tr("&Blocked…"));
    blocked->setObjectName(QStringLiteral("blockedAction"));
    connect(blocked, &QAction::triggered, this, &MainWindow::blockedWished);
    addViewMenu();
    addHelpMenu();
}

void MainWindow::addViewMenu()
{
    QMenu *view = menuBar()->addMenu(tr("&View"));
    const QStringList titles { tr("&Contacts"), tr("&Machines"), tr("&Transfers"), tr("&Requests") };
    for (int page = 0; page < titles.size(); ++page) {
        QAction *action = view->addAction(titles[page]);
        action->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + page)));
        connect(action, &QAction::triggered, this, [this, page] { showPage(Page(page)); });
    }
    view->addSeparator();
    QAction *next = view->addAction(tr("&Next pane"));
    next->setShortcut(Qt::Key_F6);
    connect(next, &QAction::triggered, this, [this] { nextPane(1); });
    QAction *previous = view->addAction(tr("&Previous pane"));
    previous->setShortcut(Qt::SHIFT | Qt::Key_F6);
    connect(previous, &QAction::triggered, this, [this] { nextPane(-1); });
}

void MainWindow::addHelpMenu()
{
    QMenu *help = menuBar()->addMenu(tr("H&elp"));
    QAction *shortcuts = help->addAction(tr("&Keyboard shortcuts"));
    shortcuts->setShortcut(QKeySequence::HelpContents);
    connect(shortcuts, &QAction::triggered, this, [this] { (new ShortcutsDialog(*menuBar(), this))->open(); });
    QAction *about = help->addAction(tr("&About Hawser"));
    connect(about, &QAction::triggered, this, [this] { (new AboutDialog(this))->open(); });
}

void MainWindow::showPage(Page page)
{
    m_pages->setCurrentIndex(page);
}

MainWindow::Page MainWindow::page() const
{
    return Page(m_pages->currentIndex());
}

void MainWindow::setCounts(int requests, int transfers, int unread)
{
    setCount(Contacts, tr("Contacts"), unread);
    setCount(Transfers, tr("Transfers"), transfers);
    setCount(Requests, tr("Requests"), requests);
    m_review->setEnabled(requests > 0);
    if (requests == 0)
        setWindowTitle(tr("Hawser"));
    else if (requests == 1)
        setWindowTitle(tr("Hawser (1 request waiting)"));
    else
        setWindowTitle(tr("Hawser (%1 requests waiting)").arg(requests));
}

void MainWindow::setCount(Page page, const QString &title, int count)
{
    const QString text = counted(title, count);
    if (m_pages->tabText(page) != text) // the bar is laid out anew each time
        m_pages->setTabText(page, text);
}

void MainWindow::present()
{
    show();
    setWindowState(windowState() & ~Qt::WindowMinimized);
    raise();
    activateWindow();
}

void MainWindow::tell(const QString &sentence)
{
    constexpr int longEnough = 8000; // ms
    statusBar()->showMessage(visible(sentence), longEnough);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    m_settings.setValue(QStringLiteral("geometry"), saveGeometry());
    m_settings.setValue(QStringLiteral("splitter"), m_contacts->splitter()->saveState());
    m_settings.setValue(QStringLiteral("page"), int(page()));
    QMainWindow::closeEvent(event);
    emit closed();
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::ActivationChange && isActiveWindow())
        emit activated();
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (m_contacts->shown().isNull() || droppedPaths(event->mimeData()).isEmpty())
        return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    m_contacts->conversation()->showDropTarget(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent *)
{
    m_contacts->conversation()->showDropTarget(false);
}

void MainWindow::dropEvent(QDropEvent *event)
{
    m_contacts->conversation()->showDropTarget(false);
    const QStringList paths = droppedPaths(event->mimeData());
    if (paths.isEmpty() || m_contacts->shown().isNull())
        return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    showPage(Contacts);
    emit m_contacts->droppedOn(m_contacts->shown(), paths);
}

void MainWindow::nextPane(int step)
{
    QList<QWidget *> panes { m_pages->tabBar() };
    if (page() == Contacts)
        panes << m_contacts->panes();
    else
        panes << m_pages->currentWidget()->findChild<QAbstractItemView *>();
    const qsizetype at = panes.indexOf(QApplication::focusWidget());
    const qsizetype next = at < 0 ? 0 : (at + step + panes.size()) % panes.size();
    panes[next]->setFocus(Qt::ShortcutFocusReason);
}

/// In the conversation that is shown; without one, a contact.
void MainWindow::find()
{
    if (page() != Contacts || m_contacts->shown().isNull())
        return jumpToContact();
    m_contacts->conversation()->find();
}

void MainWindow::jumpToContact()
{
    showPage(Contacts);
    m_contacts->focusFilter();
}

void MainWindow::restore()
{
    const QFontMetrics metrics(font());
    resize(metrics.averageCharWidth() * 150, metrics.height() * 42);
    m_contacts->splitter()->setSizes({ metrics.averageCharWidth() * 40, metrics.averageCharWidth() * 110 });
    restoreGeometry(m_settings.value(QStringLiteral("geometry")).toByteArray());
    m_contacts->splitter()->restoreState(m_settings.value(QStringLiteral("splitter")).toByteArray());
    showPage(Page(std::clamp(m_settings.value(QStringLiteral("page")).toInt(), int(Contacts), int(Requests))));
}

} // namespace hawser::desktop
