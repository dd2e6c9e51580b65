#include "core/commands.h"
#include "support/linked.h"

#include <QPromise>
#include <QSemaphore>
#include <QTest>
#include <QThread>

using namespace hawser;
using hawser::test::Linked;

namespace {

struct Divide {
    static constexpr const char *name = "divide";
    static constexpr const char *description = "divides";
    struct Request {
        double dividend = 0;
        double divisor = 0;
        static void describe(auto &field)
        {
            field("dividend", &Request::dividend, { .description = "what is divided", .required = true });
            field("divisor", &Request::divisor, { .required = true });
        }
    };
    struct Reply {
        double quotient = 0;
        static void describe(auto &field) { field("quotient", &Reply::quotient, {}); }
    };
};

Result<Divide::Reply> divide(const Divide::Request &request, const Caller &)
{
    if (request.divisor == 0)
        return Error { Code::InvalidArgument, QStringLiteral("Divisor cannot be zero") };
    return Divide::Reply { request.dividend / request.divisor };
}

struct Note {
    static constexpr const char *name = "note";
    struct Request {
        QString text;
        static void describe(auto &field) { field("text", &Request::text, { .required = true }); }
    };
    using Reply = Nothing;
};

struct Count {
    static constexpr const char *name = "count";
    static constexpr StreamClass streamClass = StreamClass::Topic;
    struct Request {
        int upTo = 0;
        static void describe(auto &field) { field("up_to", &Request::upTo, { .least = 0, .most = 100 }); }
    };
    struct In {
        int number = 0;
        static void describe(auto &field) { field("number", &In::number, {}); }
    };
    using Reply = Nothing;
};

struct Weird { };

Value parametersOf(double dividend, double divisor)
{
    return toValue(Divide::Request { dividend, divisor });
}

} // namespace

/// What a program serves to the other end of a link in memory.
class TestCommands : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void answersAtOnce();
    void answersLater();
    void answersFromAThread();
    void typedErrorArrivesAsReturned();
    void errorArrivesAsThrown();
    void throwingHandlerKeepsItsText();
    void unknownIsUnimplemented();
    void refusesBadParameters();
    void policyDecides();
    void slowHandlerDelaysNobody();
    void cancelReachesTheHandler();
    void forgottenReplyIsInternal();
    void lateReplyIsDropped();
    void handlerCallsItsCallerBack();
    void bulkReachesTheHandler();
    void bulkHeldAtOnceIsBounded();
    void channelKeepsTalking();
    void oneWayIsRunOrCounted();
    void oneWayCalledIsConfirmed();
    void dynamicCommandsConform();
    void handlerMayRemoveItself();
    void commandsMayDieBeforeTheirThread();
    void onlyABrokerIsBelievedAboutOthers();
    void specsTravel();
    void refusesUnreadableSpecs_data();
    void refusesUnreadableSpecs();

private:
    /// Calls and pumps; what it ended with, once it has.
    std::optional<Result<Payload>> call(const QString &name, const Value &parameters = {}, CallOptions options = {});
    Error errorOf(const QString &name, const Value &parameters = {});

    std::unique_ptr<Linked> m_linked;
    std::unique_ptr<Commands> m_commands;
    std::shared_ptr<std::optional<Result<Payload>>> m_last;
};

void TestCommands::init()
{
    m_linked = std::make_unique<Linked>();
    m_commands = std::make_unique<Commands>();
    m_commands->attach(m_linked->listener());
    m_commands->serve<Divide>(divide);
}

void TestCommands::cleanup()
{
    qDeleteAll(findChildren<Call *>());
    m_commands.reset();
    m_linked.reset();
}

std::optional<Result<Payload>> TestCommands::call(const QString &name, const Value &parameters, CallOptions options)
{
    m_last = std::make_shared<std::optional<Result<Payload>>>();
    Call *started = startCall(m_linked->dialler(), {}, name, parameters, options, this);
    connect(started, &Call::finished, started, [last = m_last](const Result<Payload> &result) { *last = result; });
    m_linked->pump();
    return *m_last;
}

Error TestCommands::errorOf(const QString &name, const Value &parameters)
{
    const auto result = call(name, parameters);
    return result && !*result ? result->error() : Error { Code::Ok, QStringLiteral("no error") };
}

void TestCommands::answersAtOnce()
{
    const auto result = call(QStringLiteral("divide"), parametersOf(7, 2));
    QVERIFY(result && *result);
    QCOMPARE((*result)->parameters[u"quotient"].toFloat(), 3.5);
}

void TestCommands::answersLater()
{
    std::optional<Reply<Divide>> held;
    m_commands->serveLater<Divide>(
        [&](const Divide::Request &, const Caller &, Reply<Divide> reply) { held = std::move(reply); });
    QVERIFY(!call(QStringLiteral("divide"), parametersOf(1, 2)));
    (*held)(Divide::Reply { 0.5 });
    (*held)(Divide::Reply { 9 });
    m_linked->pump();
    QVERIFY(*m_last && **m_last);
    QCOMPARE((**m_last)->parameters[u"quotient"].toFloat(), 0.5);
}

void TestCommands::answersFromAThread()
{
    QThread *handlerThread = nullptr;
    m_commands->serveInThread<Divide>([&](const Divide::Request &request, const Caller &caller) {
        handlerThread = QThread::currentThread();
        return divide(request, caller);
    });
    call(QStringLiteral("divide"), parametersOf(9, 3));
    const auto last = m_last;
    QTRY_VERIFY(last->has_value());
    QVERIFY(**last);
    QCOMPARE((**last)->parameters[u"quotient"].toFloat(), 3.0);
    QVERIFY(handlerThread != QThread::currentThread());
    m_commands->serveInThread<Divide>(
        [](const Divide::Request &, const Caller &) -> Result<Divide::Reply> { throw Weird(); });
    call(QStringLiteral("divide"), parametersOf(9, 3));
    QTRY_VERIFY(m_last->has_value());
    QCOMPARE((*m_last)->error().code, Code::Internal);
}

void TestCommands::typedErrorArrivesAsReturned()
{
    const Error error = errorOf(QStringLiteral("divide"), parametersOf(1, 0));
    QCOMPARE(error.code, Code::InvalidArgument);
    QCOMPARE(error.sentence, QStringLiteral("Divisor cannot be zero"));
    QCOMPARE(error.origin, Origin::Peer);
}

void TestCommands::errorArrivesAsThrown()
{
    m_commands->serve<Divide>([](const Divide::Request &, const Caller &) -> Result<Divide::Reply> {
        throw Error { Code::OutOfRange, QStringLiteral("thrown") };
    });
    const Error error = errorOf(QStringLiteral("divide"), parametersOf(1, 1));
    QCOMPARE(error.code, Code::OutOfRange);
    QCOMPARE(error.sentence, QStringLiteral("thrown"));
}

void TestCommands::throwingHandlerKeepsItsText()
{
    m_commands->serve<Divide>([](const Divide::Request &, const Caller &) -> Result<Divide::Reply> {
        throw std::runtime_error("secret /home/me/key");
    });
    const Error error = errorOf(QStringLiteral("divide"), parametersOf(1, 1));
    QCOMPARE(error.code, Code::Internal);
    QVERIFY(!error.sentence.isEmpty());
    QVERIFY(!error.sentence.contains(QStringLiteral("secret")));
    m_commands->serve<Divide>([](const Divide::Request &, const Caller &) -> Result<Divide::Reply> { throw Weird(); });
    QCOMPARE(errorOf(QStringLiteral("divide"), parametersOf(1, 1)).code, Code::Internal);
    m_commands->serve<Divide>(divide);
    QVERIFY(*call(QStringLiteral("divide"), parametersOf(1, 1))); // the link lives
}

void TestCommands::unknownIsUnimplemented()
{
    const Error error = errorOf(QStringLiteral("x"));
    QCOMPARE(error.code, Code::Unimplemented);
    QCOMPARE(error.sentence, QStringLiteral("this program has no command “x”"));
    QCOMPARE(error.begun, Begun::No);
    QCOMPARE(m_commands->refused(), 1u);
}

void TestCommands::refusesBadParameters()
{
    Value text;
    text.insert(QStringLiteral("dividend"), QStringLiteral("one"));
    text.insert(QStringLiteral("divisor"), 2.0);
    const Error wrong = errorOf(QStringLiteral("divide"), text);
    QCOMPARE(wrong.code, Code::InvalidArgument);
    QVERIFY2(wrong.sentence.contains(QStringLiteral("dividend")), qPrintable(wrong.sentence));
    Value missing;
    missing.insert(QStringLiteral("dividend"), 1.0);
    const Error none = errorOf(QStringLiteral("divide"), missing);
    QCOMPARE(none.code, Code::InvalidArgument);
    QVERIFY2(none.sentence.contains(QStringLiteral("divisor")), qPrintable(none.sentence));

    OpenHead head; // what is no payload at all
    head.name = "divide";
    Stream *stream = m_linked->dialler()->open(head, QByteArray("junk"));
    std::optional<Code> code;
    connect(stream, &Stream::closed, this, [&](const Closing &closing) { code = closing.error.code; });
    m_linked->pump();
    QCOMPARE(code, Code::InvalidArgument);
}

void TestCommands::policyDecides()
{
    QStringList asked;
    m_commands->setPolicy([&](const Caller &caller, const CommandSpec &spec) -> Result<void> {
        asked.append(spec.name);
        if (caller.user == Linked::keyOf(1))
            return Error { Code::PermissionDenied, QStringLiteral("not you") };
        return {};
    });
    const Error error = errorOf(QStringLiteral("divide"), parametersOf(1, 1));
    QCOMPARE(error.code, Code::PermissionDenied);
    QCOMPARE(error.sentence, QStringLiteral("not you"));
    QCOMPARE(asked, QStringList { QStringLiteral("divide") });
}

void TestCommands::slowHandlerDelaysNobody()
{
    QSemaphore go;
    m_commands->serveInThread<Note>([&](const Note::Request &, const Caller &) -> Result<Nothing> {
        go.acquire();
        return Nothing {};
    });
    call(QStringLiteral("note"), toValue(Note::Request { QStringLiteral("slow") }));
    const auto slow = m_last;
    for (int i = 0; i < 10; ++i)
        QVERIFY(*call(QStringLiteral("divide"), parametersOf(i, 1)));
    QVERIFY(!slow->has_value());
    go.release();
    QTRY_VERIFY(slow->has_value());
    QVERIFY(**slow);
}

void TestCommands::cancelReachesTheHandler()
{
    std::optional<Code> stopped;
    std::optional<Reply<Divide>> held;
    m_commands->serveLater<Divide>([&](const Divide::Request &, const Caller &, Reply<Divide> reply) {
        connect(&reply.call(), &IncomingCall::stopped, this, [&](const Error &why) { stopped = why.code; });
        held = std::move(reply);
    });
    Call *started = startCall(m_linked->dialler(), {}, QStringLiteral("divide"), parametersOf(1, 2), {}, this);
    m_linked->pump();
    started->cancel();
    m_linked->pump();
    QCOMPARE(stopped, Code::Cancelled);
    QVERIFY(held->call().isFinished());
}

void TestCommands::forgottenReplyIsInternal()
{
    m_commands->serveLater<Divide>([](const Divide::Request &, const Caller &, Reply<Divide>) {});
    const Error error = errorOf(QStringLiteral("divide"), parametersOf(1, 1));
    QCOMPARE(error.code, Code::Internal);
    QCOMPARE(error.sentence, QStringLiteral("the program gave no answer"));
}

void TestCommands::lateReplyIsDropped()
{
    std::optional<Reply<Divide>> held;
    m_commands->serveLater<Divide>(
        [&](const Divide::Request &, const Caller &, Reply<Divide> reply) { held = std::move(reply); });
    CallOptions options;
    options.timeout = milliseconds(5);
    call(QStringLiteral("divide"), parametersOf(1, 1), options);
    QTRY_VERIFY(m_last->has_value());
    QCOMPARE((*m_last)->error().code, Code::DeadlineExceeded);
    (*held)(Divide::Reply { 1 });
    m_linked->pump();
    QCOMPARE(m_linked->brokenBy().code, Code::Ok);
}

void TestCommands::handlerCallsItsCallerBack()
{
    Commands ours;
    ours.serve<Divide>(divide);
    ours.attach(m_linked->dialler());
    m_commands->serveLater<Divide>([this](const Divide::Request &request, const Caller &, Reply<Divide> reply) {
        Call *back = startCall(reply.call().link(), {}, QStringLiteral("divide"), toValue(request), {}, this);
        connect(back, &Call::finished, back, [reply](const Result<Payload> &result) {
            if (!result)
                return reply(result.error());
            reply(fromValue<Divide::Reply>(result->parameters));
        });
    });
    const auto result = call(QStringLiteral("divide"), parametersOf(8, 2));
    QVERIFY(result && *result);
    QCOMPARE((*result)->parameters[u"quotient"].toFloat(), 4.0);
    QCOMPARE(errorOf(QStringLiteral("divide"), parametersOf(8, 0)).sentence, QStringLiteral("Divisor cannot be zero"));
}

void TestCommands::bulkReachesTheHandler()
{
    m_commands->serveLater<Note>([](const Note::Request &request, const Caller &, Reply<Note> reply) {
        reply(Nothing {}, reply.call().bulk() + request.text.toUtf8());
    });
    CallOptions options;
    options.bulk = QByteArray(5 * 1024 * 1024, 'b');
    const auto result = call(QStringLiteral("note"), toValue(Note::Request { QStringLiteral("end") }), options);
    QVERIFY(result && *result);
    QVERIFY((*result)->bulk == options.bulk + "end");
}

void TestCommands::bulkHeldAtOnceIsBounded()
{
    std::vector<Reply<Note>> held;
    m_commands->serveLater<Note>(
        [&](const Note::Request &, const Caller &, Reply<Note> reply) { held.push_back(reply); });
    CallOptions options;
    options.bulk = QByteArray(limits::message, 'b');
    const Value note = toValue(Note::Request { QStringLiteral("x") });
    for (int i = 0; i < 4; ++i)
        QVERIFY(!call(QStringLiteral("note"), note, options));
    QCOMPARE(held.size(), 4u);
    const auto fifth = call(QStringLiteral("note"), note, options);
    QVERIFY(fifth && !*fifth);
    QCOMPARE(fifth->error().code, Code::ResourceExhausted);
    QVERIFY(!call(QStringLiteral("note"), note)); // without bulk there is room
    held.clear();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QVERIFY(!call(QStringLiteral("note"), note, options));
    QCOMPARE(held.size(), 1u);
}

void TestCommands::channelKeepsTalking()
{
    std::shared_ptr<IncomingCall> held;
    m_commands->serveChannel<Count>([&](const Count::Request &request, std::shared_ptr<IncomingCall> call) {
        for (int i = 1; i <= request.upTo; ++i)
            call->send(Count::In { i });
        held = std::move(call);
    });
    Call *started =
        startCall(m_linked->dialler(), {}, QStringLiteral("count"), toValue(Count::Request { 3 }), {}, this);
    QList<int> numbers;
    connect(started, &Channel::received, this,
        [&](const ChannelMessage &message) { numbers.append(message.as<Count::In>()->number); });
    bool done = false;
    connect(started, &Call::finished, this, [&](const Result<Payload> &result) { done = bool(result); });
    m_linked->pump();
    QCOMPARE(numbers, (QList<int> { 1, 2, 3 }));
    QVERIFY(!done);
    held->send(Count::In { 4 });
    held->finish(Nothing {});
    m_linked->pump();
    QCOMPARE(numbers.last(), 4);
    QVERIFY(done);
    QCOMPARE(errorOf(QStringLiteral("count"), toValue(Count::Request { 101 })).code, Code::InvalidArgument);
}

void TestCommands::oneWayIsRunOrCounted()
{
    QStringList notes;
    m_commands->serveOneWay<Note>([&](const Note::Request &request, const Caller &caller) {
        if (request.text.isEmpty())
            throw std::runtime_error("empty");
        notes.append(request.text + QString::number(caller.user == Linked::keyOf(1)));
    });
    const auto send = [this](const QString &name, const Value &parameters) {
        QVERIFY(sendOneWay(m_linked->dialler(), {}, name, parameters, {}));
        m_linked->pump();
    };
    send(QStringLiteral("note"), toValue(Note::Request { QStringLiteral("a") }));
    QCOMPARE(notes, QStringList { QStringLiteral("a1") });
    QCOMPARE(m_commands->refused(), 0u);
    send(QStringLiteral("note"), {}); // no text
    send(QStringLiteral("note"), toValue(Note::Request {})); // throws
    send(QStringLiteral("unknown"), {});
    send(QStringLiteral("divide"), parametersOf(1, 1)); // wants to answer
    QCOMPARE(m_commands->refused(), 4u);
    QCOMPARE(notes.size(), 1);
    QCOMPARE(m_linked->brokenBy().code, Code::Ok);
}

void TestCommands::oneWayCalledIsConfirmed()
{
    m_commands->serveOneWay<Note>([](const Note::Request &, const Caller &) {});
    const auto result = call(QStringLiteral("note"), toValue(Note::Request { QStringLiteral("a") }));
    QVERIFY(result && *result);
    QCOMPARE(errorOf(QStringLiteral("note")).code, Code::InvalidArgument);
}

void TestCommands::dynamicCommandsConform()
{
    CommandSpec spec;
    spec.name = QStringLiteral("greet");
    Field who;
    who.name = QStringLiteral("who");
    who.required = true;
    Field times;
    times.name = QStringLiteral("times");
    times.type = FieldType::Int;
    times.fallback = 2;
    spec.parameters = { who, times };
    m_commands->serveDynamic(
        spec, [](const Value &parameters, std::shared_ptr<IncomingCall> call) { call->finish(parameters); });
    Value parameters;
    parameters.insert(QStringLiteral("who"), QStringLiteral("me"));
    const auto result = call(QStringLiteral("greet"), parameters);
    QVERIFY(result && *result);
    QCOMPARE((*result)->parameters[u"times"].toInt(), 2);
    parameters.insert(QStringLiteral("more"), 1);
    QCOMPARE(errorOf(QStringLiteral("greet"), parameters).code, Code::InvalidArgument);
}

void TestCommands::handlerMayRemoveItself()
{
    m_commands->serve<Divide>([this, large = QByteArray(1000, 'x')](
                                  const Divide::Request &request, const Caller &caller) -> Result<Divide::Reply> {
        m_commands->remove(QStringLiteral("divide"));
        if (large.count('x') != 1000)
            return Error { Code::Internal, QStringLiteral("the handler is gone") };
        return divide(request, caller);
    });
    QVERIFY(*call(QStringLiteral("divide"), parametersOf(1, 1)));
    QVERIFY(!m_commands->serves(QStringLiteral("divide")));
    QCOMPARE(errorOf(QStringLiteral("divide"), parametersOf(1, 1)).code, Code::Unimplemented);
}

void TestCommands::commandsMayDieBeforeTheirThread()
{
    QSemaphore started;
    m_commands->serveInThread<Note>([&](const Note::Request &, const Caller &) -> Result<Nothing> {
        started.release();
        return Nothing {};
    });
    call(QStringLiteral("note"), toValue(Note::Request { QStringLiteral("a") }));
    const auto last = m_last;
    started.acquire();
    m_commands.reset();
    m_linked->pump();
    QTRY_VERIFY(last->has_value());
    QCOMPARE((*last)->error().code, Code::Internal);
}

void TestCommands::onlyABrokerIsBelievedAboutOthers()
{
    OpenHead head;
    head.party.user = Linked::keyOf(9);
    const Caller liar = m_linked->listener()->caller(head);
    QCOMPARE(liar.user, Linked::keyOf(1));
    QCOMPARE(liar.connection, Linked::keyOf(1));
    QVERIFY(liar.via.isNull());

    LinkSettings claims = Linked::listenerSettings();
    claims.peerRole = Role::Broker; // said by whoever dialled us
    QCOMPARE(Link(claims, now()).caller(head).user, Linked::keyOf(1));

    LinkSettings settings = Linked::diallerSettings();
    settings.peerRole = Role::Broker;
    const Link toBroker(settings, now());
    const Caller other = toBroker.caller(head);
    QCOMPARE(other.user, Linked::keyOf(9));
    QCOMPARE(other.connection, Linked::keyOf(9));
    QCOMPARE(other.via, settings.peer);
    QCOMPARE(other.role, Role::Person);
    const Caller broker = toBroker.caller(OpenHead());
    QCOMPARE(broker.user, settings.peer);
    QVERIFY(broker.via.isNull());
    QCOMPARE(broker.role, Role::Broker);
}

void TestCommands::specsTravel()
{
    m_commands->serveChannel<Count>([](const Count::Request &, std::shared_ptr<IncomingCall>) {});
    m_commands->serveOneWay<Note>([](const Note::Request &, const Caller &) {});
    QStringList names;
    for (const CommandSpec &spec : m_commands->specs()) {
        names.append(spec.name);
        const auto read = specFromValue(specToValue(spec));
        QVERIFY(read);
        QCOMPARE(specToValue(*read), specToValue(spec));
        QCOMPARE(read->kind, spec.kind);
        QCOMPARE(read->streamClass, spec.streamClass);
        QCOMPARE(read->parameters.size(), spec.parameters.size());
    }
    QCOMPARE(names, (QStringList { QStringLiteral("count"), QStringLiteral("divide"), QStringLiteral("note") }));
    const CommandSpec divideSpec = m_commands->specs()[1];
    QCOMPARE(divideSpec.description, QStringLiteral("divides"));
    QCOMPARE(divideSpec.parameters[0].description, QStringLiteral("what is divided"));
    QVERIFY(divideSpec.parameters[0].required);
    QCOMPARE(m_commands->specs()[0].streamClass, StreamClass::Topic);
    QCOMPARE(m_commands->specs()[0].kind, CommandKind::Channel);
}

void TestCommands::refusesUnreadableSpecs_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<int>("number");
    QTest::newRow("no kind") << "kind" << 0;
    QTest::newRow("a later kind") << "kind" << 4;
    QTest::newRow("no class") << "class" << 0;
    QTest::newRow("a later class") << "class" << 6;
    QTest::newRow("no name") << "name" << 1;
    QTest::newRow("no schema") << "parameters" << 1;
}

void TestCommands::refusesUnreadableSpecs()
{
    QFETCH(QString, field);
    QFETCH(int, number);
    Value value = specToValue(m_commands->specs()[0]);
    value.insert(field, number);
    const auto read = specFromValue(value);
    QVERIFY(!read);
    QCOMPARE(read.error().code, Code::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"
