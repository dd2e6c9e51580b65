#include "chat/widgets/safelabel.h"
#include "core/identity.h"
#include "desktop/dialogs/approvaldialog.h"
#include "desktop/dialogs/changedkeydialog.h"
#include "desktop/dialogs/rundialog.h"
#include "desktop/dialogs/runwindow.h"
#include "desktop/models/conversation_model.h"
#include "desktop/models/machine_model.h"
#include "desktop/models/request_model.h"
#include "desktop/models/transfer_model.h"
#include "desktop/pages/ask_card.h"
#include "desktop/pages/broker_card.h"
#include "desktop/pages/contacts_page.h"
#include "desktop/pages/conversation_page.h"
#include "desktop/pages/machines_page.h"
#include "desktop/pages/offer_bar.h"
#include "desktop/pages/requests_page.h"
#include "desktop/pages/transfers_page.h"
#include "desktop/pages/undo_bar.h"
#include "desktop/windows/blocked_dialog.h"
#include "desktop/windows/confirm_dialog.h"
#include "desktop/windows/invite_dialog.h"
#include "desktop/windows/rights_dialog.h"
#include "desktop/windows/send_dialog.h"
#include "desktop/windows/trouble_window.h"
#include "support/contact_named.h"

#include <QTemporaryDir>
#include <QTest>
#include <QtWidgets>
#include <functional>
#include <sys/stat.h>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::desktop;
using hawser::test::contactNamed;

namespace {

using Make = std::function<QWidget *(const QString &)>;

QStringList rowsOf(const QAbstractItemModel &model)
{
    QStringList texts;
    for (int row = 0; row < model.rowCount(); ++row) {
        for (int column = 0; column < model.columnCount(); ++column)
            texts << model.index(row, column).data().toString()
                  << model.index(row, column).data(Qt::AccessibleTextRole).toString();
    }
    return texts;
}

/// What a person can read in a window, and what is read aloud.
QStringList textsOf(const QWidget &window)
{
    QStringList texts { window.windowTitle() };
    for (const QLabel *label : window.findChildren<QLabel *>())
        texts << label->text();
    for (const QAbstractButton *button : window.findChildren<QAbstractButton *>())
        texts << button->text();
    for (const QLineEdit *edit : window.findChildren<QLineEdit *>())
        texts << edit->text() << edit->placeholderText();
    for (const QPlainTextEdit *edit : window.findChildren<QPlainTextEdit *>())
        texts << edit->toPlainText();
    for (const QAbstractItemView *view : window.findChildren<QAbstractItemView *>()) {
        if (view->model())
            texts << rowsOf(*view->model());
    }
    return texts;
}

Transfer transferWith(const QString &text, Transfer::State state)
{
    Transfer transfer;
    transfer.id = "t";
    transfer.direction = Transfer::Direction::In;
    transfer.state = state;
    transfer.title = text;
    transfer.note = text;
    transfer.current = text;
    transfer.sentence = text;
    transfer.saveTo = text;
    transfer.failed = QStringList { text };
    return transfer;
}

Request requestFrom(const QString &text)
{
    Request request;
    request.id = 1;
    request.kind = Asking::ContactThroughBroker;
    request.key = Identity::generate().key();
    request.claim = request.program = request.host = request.lookAlike = text;
    Door door;
    door.present = true;
    door.brokerName = door.knownAs = door.address = text;
    request.doors = { door };
    return request;
}

CommandSpec commandWith(const QString &text)
{
    CommandSpec spec;
    spec.name = QStringLiteral("echo");
    spec.description = text;
    spec.idempotent = true;
    return spec;
}

QWidget *contactsPage(const QString &text)
{
    auto *contacts = new ContactModel;
    auto *conversation = new ConversationModel;
    auto *page = new ContactsPage(contacts, conversation);
    contacts->setParent(page);
    conversation->setParent(page);
    ContactRow row;
    row.contact = contactNamed(text);
    row.presence.online = true;
    row.presence.via = text;
    contacts->put(row);
    Entry said;
    said.id = 1;
    said.text = text;
    Entry notSent = said;
    notSent.id = 2;
    notSent.mine = true;
    notSent.state = Entry::State::NotSent;
    notSent.sentence = text;
    Entry sent = said;
    sent.id = 3;
    sent.kind = Entry::Kind::Transfer;
    sent.transfer = "t";
    const PublicKey key = row.contact.key;
    conversation->open(key, text, { transferWith(text, Transfer::State::Going) });
    conversation->take({ key, PageWish::From::Newest, 0, ConversationModel::page }, { { said, notSent, sent } });
    page->conversation()->setContact(row);
    page->conversation()->showTrouble(text);
    page->conversation()->offers()->setOffers(text, { transferWith(text, Transfer::State::Offered) }, text);
    page->conversation()->offers()->showFailure(text);
    page->conversation()->undo()->appear(text, "t");
    page->showContact(row.contact.key);
    return page;
}

QWidget *machinesPage(const QString &text, bool online)
{
    auto *machines = new MachineModel;
    Machine machine;
    machine.key = Identity::generate().key();
    machine.name = machine.host = machine.lastRun = text;
    machine.commands = { commandWith(text) };
    machine.online = online;
    machines->put(machine);
    auto *page = new MachinesPage(machines);
    machines->setParent(page);
    return page;
}

QWidget *transfersPage(const QString &text)
{
    auto *transfers = new TransferModel;
    auto *page = new TransfersPage(transfers);
    transfers->setParent(page);
    transfers->put({ transferWith(text, Transfer::State::Paused), text, 1 });
    return page;
}

QWidget *requestsPage(const QString &text)
{
    auto *requests = new RequestModel;
    auto *page = new RequestsPage(requests);
    requests->setParent(page);
    requests->put(requestFrom(text));
    page->addDecision(text);
    return page;
}

QWidget *askCard(const QString &text)
{
    auto *card = new AskCard;
    Ask ask;
    ask.to = ask.sentence = text;
    ask.state = Ask::State::Waiting;
    card->setAsk(ask);
    return card;
}

QWidget *brokerCard(const QString &text)
{
    auto *card = new BrokerCard;
    Broker broker;
    broker.name = broker.sentence = text;
    card->setBroker(broker);
    return card;
}

QWidget *rightsDialog(const QString &text)
{
    auto *dialog = new RightsDialog(contactNamed(text));
    dialog->showTrouble(text);
    return dialog;
}

QWidget *blockedDialog(const QString &text)
{
    auto *dialog = new BlockedDialog;
    dialog->setBlocks({ { Block::What::Key, Identity::generate().key(), text, {}, 0, 1 },
                          { Block::What::Address, {}, {}, text, 2, 0 } },
        1);
    dialog->showTrouble(text);
    return dialog;
}

QWidget *runWindow(const QString &text)
{
    auto *window = new RunWindow(text, text);
    window->setState(SafeText(text), SafeText(text));
    window->take(contracts::RunStream::Out, text.toUtf8() + '\n');
    return window;
}

QWidget *inviteDialog(const QString &text)
{
    auto *dialog = new InviteDialog(text);
    dialog->setAnswer(Error { Code::Unavailable, text });
    return dialog;
}

} // namespace

/// A name, message, file name, offer, description and error that each carry the image of a FIFO: as rich text the window
/// would wait for ever on opening it.
class TestForeignText : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void appearsLiterally_data();
    void appearsLiterally();
    void wouldBeFoundAsRichText();

private:
    QTemporaryDir m_folder;
    QString m_text;
};

void TestForeignText::initTestCase()
{
    const QString pipe = m_folder.filePath("pipe");
    QCOMPARE(::mkfifo(pipe.toLocal8Bit().constData(), 0600), 0);
    m_text = QStringLiteral("<img src='%1' width='9'>").arg(pipe);
}

void TestForeignText::appearsLiterally_data()
{
    QTest::addColumn<Make>("make");
    QTest::newRow("contact, message, transfer, offer") << Make(contactsPage);
    QTest::newRow("machine") << Make([](const QString &text) { return machinesPage(text, true); });
    QTest::newRow("machine that is away") << Make([](const QString &text) { return machinesPage(text, false); });
    QTest::newRow("list of transfers") << Make(transfersPage);
    QTest::newRow("list of requests") << Make(requestsPage);
    QTest::newRow("what I wait for") << Make(askCard);
    QTest::newRow("broker") << Make(brokerCard);
    QTest::newRow("rights") << Make(rightsDialog);
    QTest::newRow("who is blocked") << Make(blockedDialog);
    QTest::newRow("invitation") << Make(inviteDialog);
    QTest::newRow("run") << Make(runWindow);
    QTest::newRow("form") << Make([](const QString &text) { return new RunDialog(text, { commandWith(text) }); });
    QTest::newRow("approval") << Make([](const QString &text) { return new ApprovalDialog(requestFrom(text)); });
    QTest::newRow("changed key") << Make([](const QString &text) {
        return new ChangedKeyDialog(text, Identity::generate().key(), Identity::generate().key(), 0);
    });
    QTest::newRow("sending") << Make([](const QString &text) {
        return new SendDialog(text, { QStringLiteral("/nowhere/") + text.section('/', -1) });
    });
    QTest::newRow("question") << Make([](const QString &text) {
        return new ConfirmDialog(SafeText::sentence(QStringLiteral("Stop %1?"), text), "Stop", "Go on");
    });
    QTest::newRow("no folder") << Make([](const QString &text) { return new TroubleWindow(text); });
}

void TestForeignText::appearsLiterally()
{
    QFETCH(Make, make);
    const std::unique_ptr<QWidget> window(make(m_text));
    window->setAttribute(Qt::WA_DeleteOnClose, false);
    window->resize(900, 600);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    QVERIFY(!window->grab().isNull()); // paints everything: here a window that reads markup would hang
    const QString all = textsOf(*window).join('\n');
    QVERIFY2(all.contains(m_text), qUtf8Printable(all));
    QVERIFY2(!all.contains(QStringLiteral("⟨U+")), qUtf8Printable(all)); // what keeps it apart is not for eyes
    for (const QLabel *label : window->findChildren<QLabel *>()) {
        if (label->text().contains(QLatin1Char('<')))
            QCOMPARE(label->textFormat(), Qt::PlainText);
    }
    for (const QWidget *widget : window->findChildren<QWidget *>())
        QVERIFY2(!widget->toolTip().contains(m_text), qUtf8Printable(widget->objectName()));
}

void TestForeignText::wouldBeFoundAsRichText()
{
    QVERIFY(Qt::mightBeRichText(m_text)); // else the test above could not fail
}

QTEST_MAIN(TestForeignText)
#include "tst_foreign_text.moc"
