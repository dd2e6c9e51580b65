// The real ApprovalStage and RequestQueue in a small application with a main window to type in.
//
//     approvalhost FOLDER [SPEED]
//
// Each line that FOLDER/ask gets is a request: {"kind": "direct", "claim": …}. What was decided is printed, a line each.
// The queue's clock (not the dialog's) runs SPEED times as fast.

#include "core/identity.h"
#include "desktop/dialogs/approvalstage.h"

#include <QAction>
#include <QApplication>
#include <QCryptographicHash>
#include <QFile>
#include <QFileSystemWatcher>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QMainWindow>
#include <QMenuBar>
#include <QPushButton>
#include <QVBoxLayout>

#include <cstdio>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::desktop;
using namespace std::chrono_literals;

namespace {

void say(const QString &line)
{
    fputs(line.toUtf8().append('\n').constData(), stdout);
    fflush(stdout);
}

QStringList strings(const QJsonValue &list)
{
    QStringList texts;
    for (const QJsonValue &each : list.toArray())
        texts << each.toString();
    return texts;
}

Asking kindOf(const QString &text)
{
    if (text == QLatin1String("person"))
        return Asking::JoinPerson;
    if (text == QLatin1String("machine"))
        return Asking::JoinMachine;
    return text == QLatin1String("broker") ? Asking::ContactThroughBroker : Asking::ContactDirect;
}

PublicKey keyFrom(const QString &text)
{
    return Identity::fromSeed(QCryptographicHash::hash(text.toUtf8(), QCryptographicHash::Sha256))->key();
}

/// `key` is any text here: its hash is the seed of a key.
Request requestFrom(const QJsonObject &said)
{
    Request request;
    request.kind = kindOf(said["kind"].toString());
    request.key = keyFrom(said["key"].toString());
    request.claim = said["claim"].toString();
    request.program = said["program"].toString("hawser-desktop 0.1 on Linux");
    request.host = said["host"].toString("bea-pc");
    request.rights = said.contains("rights") ? strings(said["rights"]) : QStringList { "messages", "files" };
    request.commands = strings(said["commands"]);
    request.lookAlike = said["lookAlike"].toString();
    request.invited = said["invited"].toBool();
    Door door;
    door.present = true;
    door.number = said["number"].toString("739204");
    door.address = said["address"].toString("192.0.2.44");
    if (request.kind == Asking::ContactDirect)
        door.interface = "wlan0";
    else {
        door.broker = request.key;
        door.brokerName = "home";
    }
    if (request.kind == Asking::ContactThroughBroker) {
        door.address.clear();
        door.knownAs = "bea";
        door.knownSince = 1777766400000;
    }
    request.doors = { door };
    return request;
}

class Host : public QObject {
public:
    Host(const QString &folder, int speed) : m_ask(folder + "/ask"), m_speed(speed), m_stage(&m_window)
    {
        m_window.setObjectName("mainWindow");
        m_window.setWindowTitle("Hawser host");
        auto *middle = new QWidget(&m_window);
        auto *layout = new QVBoxLayout(middle);
        m_edit = new QLineEdit(middle);
        m_edit->setObjectName("chatInput");
        layout->addWidget(m_edit);
        m_window.setCentralWidget(middle);
        QMenu *menu = m_window.menuBar()->addMenu("&Requests");
        menu->setObjectName("requestsMenu");
        QAction *review = menu->addAction("&Review request");
        review->setObjectName("reviewRequest");
        review->setShortcut(Qt::CTRL | Qt::Key_R);
        connect(review, &QAction::triggered, &m_stage, &ApprovalStage::activate);
        connect(&m_stage, &ApprovalStage::allowed, this, &Host::allow);
        connect(&m_stage, &ApprovalStage::notNow, this, [this](quint64 id) {
            say(QString("not now %1").arg(id));
            m_queue.notNow(id, queueTime());
        });
        connect(&m_stage, &ApprovalStage::allRejected, this, [this] {
            say("all rejected");
            m_queue.rejectAll();
        });
        connect(&m_stage, &ApprovalStage::moreTimeWished, this, [this](quint64 id) {
            say("more time");
            m_queue.moreTime(id);
        });
        connect(&m_stage, &ApprovalStage::blocked, this, [this](quint64 id, Block::What what) {
            say(QString("block %1").arg(int(what)));
            m_queue.remove(id, queueTime());
        });
        connect(&m_timer, &QTimer::timeout, this, &Host::turn);
        m_timer.start(30ms);
        m_window.resize(500, 160);
        m_window.move(120, 500);
        m_window.show();
    }

private:
    Instant queueTime() const { return m_started + (now() - m_started) * m_speed; }

    void allow(quint64 id, const Decision &decision)
    {
        static const char *const lasting[] = { "", "once", "30 days", "always" };
        say(QString("allow %1 [%2] %3 %4")
                .arg(QString::number(id), names(decision.rights).join(','), lasting[int(decision.lasting)],
                    decision.compared ? "compared" : "not compared"));
        m_queue.remove(id, queueTime());
    }

    void turn()
    {
        readAsks();
        m_queue.tick(queueTime());
        const Request *shown = m_queue.shown();
        const quint64 id = shown ? shown->id : 0;
        if (m_shown != 0 && id == 0)
            say(QString("off the screen, %1 listed").arg(m_queue.all().size()));
        m_shown = id;
        auto left = m_queue.timeLeft(queueTime());
        if (left)
            *left /= m_speed;
        const bool same = left.has_value() == m_timed;
        m_timed = left.has_value();
        if (shown && m_last && *m_last == *shown && same && m_behind == m_queue.waiting())
            return;
        m_last = shown ? std::optional(*shown) : std::nullopt;
        m_behind = m_queue.waiting();
        m_stage.show(m_last, m_behind, left);
    }

    void readAsks()
    {
        QFile file(m_ask);
        if (!file.open(QIODevice::ReadOnly) || !file.seek(m_read))
            return;
        for (QByteArray line = file.readLine(); line.endsWith('\n'); line = file.readLine()) {
            m_read += line.size();
            m_queue.knock(requestFrom(QJsonDocument::fromJson(line).object()), queueTime());
        }
    }

    QString m_ask;
    int m_speed;
    QMainWindow m_window;
    QLineEdit *m_edit;
    ApprovalStage m_stage;
    RequestQueue m_queue;
    QTimer m_timer;
    Instant m_started = now();
    qint64 m_read = 0;
    quint64 m_shown = 0;
    bool m_timed = false;
    int m_behind = 0;
    std::optional<Request> m_last;
};

} // namespace

int main(int argc, char *argv[])
{
    QApplication application(argc, argv);
    const QStringList words = QApplication::arguments();
    if (words.size() < 2)
        return 64;
    Host host(words[1], words.size() > 2 ? qMax(1, words[2].toInt()) : 1);
    return application.exec();
}
