"""What ./dev check forbids. Tables only; check.py reads them, check_selftest.sh proves that each row can fail."""

from dataclasses import dataclass, field

# Which folders a folder may include from (docs/architecture.md, layers). The longest match counts.
FOLDERS = {
    "core": {"core"},
    "chat": {"core", "chat"},
    "chat/widgets": {"core", "chat", "chat/widgets"},
    "brokerd": {"core", "brokerd"},
    "nodeagent": {"core", "nodeagent"},
    "cli": {"core", "chat", "cli"},
    "desktop": {"core", "chat", "chat/widgets", "desktop", "desktop/models"},
    "desktop/models": {"core", "chat", "desktop/models"},
}

# The only folders that may include a header of QtGui or QtWidgets.
WIDGET_FOLDERS = {"desktop", "chat/widgets"}

# Layers of core, lowest first; a file (NAME.h, NAME_impl.h, NAME.cpp or a folder NAME/) includes its own layer and those below.
# A file that is not listed takes the highest layer of what it includes.
CORE_LAYERS = [
    {"result", "limits", "instant"},
    {"identity", "certificate", "public_key", "location"},
    {"greeting", "party", "frame", "wire", "fields", "value"},
    {"lane", "link", "stream"},
    {"commands", "call", "calls", "topics", "offers"},
    {"transfer"},
    {"connection", "listener", "store"},
    {"client"},
]
# Below `connection` everything is sans-I/O: no socket, no clock, no thread. A core file that includes one of these
# stands in the layer of `connection` or above.
IO_LAYER = 6
IO_HEADERS = {
    "QSslSocket", "QTcpSocket", "QAbstractSocket", "QLocalSocket", "QUdpSocket", "QTcpServer", "QLocalServer",
    "QSslServer", "QSocketNotifier", "QTimer", "QElapsedTimer", "QBasicTimer", "QDeadlineTimer", "QThread",
    "QtNetwork", "sys/socket.h", "thread",
}
IO_ALLOWED = {
    "core/transfer/upload.h": {"QThread"},  # disk work has a thread of its own,
    "core/transfer/download.h": {"QThread"},
    "core/transfer/upload_worker.h": {"QElapsedTimer"},  # which tells how far it is now and then,
    "core/transfer/download_worker.h": {"QElapsedTimer", "QTimer"},  # and tries a full disk again
    "core/certificate.cpp": {"QSslSocket"},  # for the name of its PeerVerifyMode
}

MAIN_LINES = 80  # a program folder's main.cpp stays under this

# Programs and libraries that must run without QtGui: what ldd may not show (paths in the build folder).
WITHOUT_GUI = ["bin/hawser-brokerd", "bin/hawser-nodeagent", "bin/hawser", "lib/libhawsercore.so"]

PRODUCT = ("core/", "brokerd/", "nodeagent/", "chat/", "desktop/", "cli/")
ALL = PRODUCT + ("tests/",)


@dataclass
class Ban:
    name: str
    pattern: str
    instead: str
    example: str  # a line the rule must catch
    where: tuple = PRODUCT
    strings: bool = False  # look inside string literals too
    wrappers: set = field(default_factory=set)  # the named files that may: each must exist and need it


BANS = [
    # Transport
    Ban("null-key", r"\bpublicKey\(\)", "QSslCertificate's is null for Ed25519: read the raw 32 bytes",
        "auto k = certificate.publicKey();"),
    Ban("ssl-errors", r"\bignoreSslErrors\(", "only the connection judges certificates", "socket.ignoreSslErrors();",
        wrappers={"core/connection_tls.cpp"}),
    Ban("verify-none", r"\b(VerifyNone|QueryPeer)\b", "VerifyPeer, always",
        "socket.setPeerVerifyMode(QSslSocket::QueryPeer);"),
    Ban("deaf-server", r"\bQSslServer\b", "it goes deaf under junk: the listener is ours", "QSslServer server;"),
    Ban("half-the-queue", r"\bbytesToWrite\(\)(?!\s*\+\s*[\w.>-]*encryptedBytesToWrite\(\))",
        "add encryptedBytesToWrite()", "auto n = socket.bytesToWrite();", wrappers={"core/connection_local.cpp"}),
    Ban("msgpack-unlimited", r"\bmsgpack::(unpack|parse)\b", "the value codec, which has limits",
        "auto h = msgpack::unpack(p, n);", wrappers={"core/wire.cpp"}),
    Ban("msgpack-define", r"\bMSGPACK_DEFINE", "describe(): duplicates, types and ranges are checked",
        "MSGPACK_DEFINE_MAP(a);"),
    # Time and loops
    Ban("wall-clock", r"\bsystem_clock\b", "a monotonic clock, or time as a parameter",
        "auto t = std::chrono::system_clock::now();"),
    Ban("wall-clock-core", r"\bwallClock\(\)|\bQDateTime::current\w*\(", "time as a parameter: clocks jump",
        "auto t = wallClock();", where=("core/",),
        wrappers={"core/wall_clock.h", "core/durable_client.cpp"}),  # a call waits until a date
    Ban("wall-clock-once", r"\bQDateTime::currentMSecs\w*\(", "wallClock()",
        "auto t = QDateTime::currentMSecsSinceEpoch();", wrappers={"core/wall_clock.h"}),
    Ban("nested-loop", r"\bQEventLoop\b|\bprocessEvents\(|\bwaitFor(Connected|Disconnected|Encrypted|ReadyRead|"
        r"BytesWritten|Started|Finished|NewConnection)\(", "signals; BlockingClient for threads that own no link",
        "QEventLoop loop;", wrappers={"core/epoll_dispatcher.cpp", "core/epoll_dispatcher.h"}),
    Ban("nested-dialog", r"(?<!\bapplication)(?<!\bapp)(?<!uery)(\.|->)exec\(\)", "open() or show()",
        "dialog.exec();", where=("desktop/", "chat/")),
    Ban("dying-context", r"\.then\(\s*(this|context|qApp)\b", "when(): it asserts in Qt 6.4",
        "future.then(this, f);"),
    Ban("sleep", r"\bq(Wait|Sleep)\(|\bQThread::(m|u)?sleep\(|\bsleep_(for|until)\(|\busleep\(|\bnanosleep\(",
        "QTRY_*, QSignalSpy::wait, or time as a parameter", "QTest::qWait(10);", where=ALL),
    # Text from others
    Ban("message-box", r"\bQMessageBox::(information|question|warning|critical|about)\b",
        "our own dialog: statics guess rich text and nest loops", "QMessageBox::warning(this, a, b);"),
    Ban("label", r"\bnew\s+QLabel\s*[({](?!\s*(this|parent)?\s*[)}])|\bmake_unique<QLabel>\((?!\))",
        "the one helper that sets Qt::PlainText first", "auto *l = new QLabel(name, this);"),
    Ban("tooltip", r"\bsetToolTip\((?!\s*(tr\(|QString\(\)|\{\}|(?:\w+::)*plain\w*\())", "plainToolTip(…) around it",
        "w->setToolTip(name);"),
    Ban("form-label", r"\baddRow\((?!\s*(tr\(\s*\"[^\"]*\"\s*\)\s*,|QString\(\)|new\b))(?=[^,;]*\()", "a SafeLabel in front: its own guesses rich text",
        "form->addRow(captionOf(name), m_edit);"),
    Ban("rich-text", r"\b(setHtml|setMarkdown|insertHtml|appendHtml)\(", "QPlainTextEdit, appendPlainText",
        "edit->setHtml(text);"),
    Ban("chained-arg", r"\.arg\(ARGS\)\s*\.arg\(", ".arg(a, b): a value that holds %2 would be replaced again",
        'auto s = QString("%1 %2").arg(f(a, b)).arg(b);', where=ALL),
    Ban("open-url", r"\bopenUrl\(", "the one wrapper with a list of schemes", "QDesktopServices::openUrl(url);"),
    Ban("raw-log", r"\bqPrintable\(|\bnoquote\(\)", "the log's or terminal's own escaping",
        "qInfo().noquote() << text;"),
    # The machine
    Ban("shell", r"(?<![\w.>:])(::|std::)?(system|popen)\(|\bstartCommand\(", "an argv, never a shell",
        "system(command);"),
    Ban("shell-path", r"/bin/(ba|da)?sh\b", "an argv, never a shell", 'const char *shell = "/bin/sh";', strings=True),
    Ban("inherited-file", r"(?<![\w.>])(::open|(::)?openat|(::)?open)\((?=[^;]*\bO_(RDONLY|WRONLY|RDWR|CREAT|PATH|TMPFILE)"
        r"\b)(?![^;]*\bO_CLOEXEC\b)", "O_CLOEXEC: a child would inherit it", "int f = ::open(path, O_RDONLY);"),
    Ban("inherited-stream", r"\bfopen\(", "an open with O_CLOEXEC", 'FILE *f = fopen(path, "r");'),
    Ban("receiver-paths", r"(?<!<)\b(QFile(?!::(en|de)codeName\b)|QDir|QSaveFile)\b", "descriptors beneath the root: these follow symlinks",
        "QSaveFile file(path);", where=("core/transfer/",)),
    Ban("unused-crypto", r"(?<=[;{}])\s*(::)?crypto_(?!\w+_keygen\b)\w+\(", "look at the result",
        "void f() { crypto_sign_keypair(p, s); }"),
]

# Variables of these types, and what may not be called on them by name.
TYPED_BANS = [
    Ban("label-text", r"setText", "the one helper that sets Qt::PlainText first",
        "QLabel *m_name;\nvoid f() { m_name->setText(text); }", where=("QLabel",)),
    Ban("text-append", r"append|setText", "QPlainTextEdit: it guesses rich text",
        "QTextEdit *m_view;\nvoid f() { m_view->append(text); }", where=("QTextEdit", "QTextBrowser")),
]

# What no file of the repository may name: this machine's places. check.py adds its package hosts and people's homes.
MACHINE_PATHS = r"(?<![\w.])/(?:work/\w|root/|tmp/bash_jobs)"
