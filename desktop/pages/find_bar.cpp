#include "desktop/pages/find_bar.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QToolButton>

namespace hawser::desktop {

namespace {

constexpr int pauseInTyping = 200; ///< ms, before it is looked for

QToolButton *makeButton(const char *name, const char *icon, const QString &caption, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setObjectName(QString::fromLatin1(name));
    button->setIcon(chat::icon(QString::fromLatin1(icon)));
    button->setAutoRaise(true);
    button->setToolTip(chat::plainToolTip(caption));
    button->setAccessibleName(caption);
    return button;
}

} // namespace

FindBar::FindBar(QWidget *parent)
    : QWidget(parent), m_words(new QLineEdit(this)), m_count(new chat::SafeLabel(this)),
      m_older(makeButton("findOlder", "up", tr("The one before (Enter)"), this)),
      m_newer(makeButton("findNewer", "down", tr("The one after (Shift+Enter)"), this))
{
    setObjectName(QStringLiteral("findBar"));
    m_words->setObjectName(QStringLiteral("findWords"));
    m_words->setPlaceholderText(tr("Find in this conversation"));
    m_words->setAccessibleName(tr("Find in this conversation"));
    m_words->setClearButtonEnabled(true);
    m_words->setMaxLength(200);
    m_count->setObjectName(QStringLiteral("findCount"));
    QToolButton *done = makeButton("findClose", "close", tr("Close (Esc)"), this);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 0, 12, 8);
    layout->addWidget(m_words, 1);
    layout->addWidget(m_count);
    layout->addWidget(m_older);
    layout->addWidget(m_newer);
    layout->addWidget(done);
    m_typing.setSingleShot(true);
    m_typing.setInterval(pauseInTyping);
    m_typing.callOnTimeout(this, &FindBar::wish);
    connect(m_words, &QLineEdit::textChanged, &m_typing, qOverload<>(&QTimer::start));
    connect(m_older, &QToolButton::clicked, this, [this] { step(1); });
    connect(m_newer, &QToolButton::clicked, this, [this] { step(-1); });
    connect(done, &QToolButton::clicked, this, &FindBar::close);
    hide();
    setHits({}, {});
}

void FindBar::open()
{
    show();
    m_words->setFocus(Qt::ShortcutFocusReason);
    m_words->selectAll();
}

void FindBar::close()
{
    if (isHidden())
        return;
    hide();
    m_words->clear();
    wish();
    emit closed();
}

void FindBar::wish()
{
    m_typing.stop();
    m_wished = m_words->text().simplified();
    if (m_wished.isEmpty())
        setHits({}, {});
    emit wished(m_wished);
}

void FindBar::setHits(const QString &words, const QList<quint64> &hits)
{
    if (words != m_wished)
        return;
    m_hits = hits;
    m_hit = -1;
    m_older->setEnabled(!hits.isEmpty());
    m_newer->setEnabled(!hits.isEmpty());
    m_count->setText(words.isEmpty() ? QString() : tr("not found"));
    if (!hits.isEmpty())
        choose(0);
}

void FindBar::step(int by)
{
    if (m_typing.isActive())
        return wish();
    if (!m_hits.isEmpty())
        choose(int((m_hit + by + m_hits.size()) % m_hits.size()));
}

void FindBar::choose(int hit)
{
    m_hit = hit;
    const QLocale locale;
    const QString all = locale.toString(m_hits.size());
    m_count->setText(m_hits.size() < mostHits ? tr("%1 of %2").arg(locale.toString(hit + 1), all)
                                              : tr("%1 of the newest %2").arg(locale.toString(hit + 1), all));
    emit chosen(m_hits[hit]);
}

void FindBar::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Escape:
        return close();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return step(event->modifiers() & Qt::ShiftModifier ? -1 : 1);
    case Qt::Key_Up:
        return step(1);
    case Qt::Key_Down:
        return step(-1);
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace hawser::desktop
