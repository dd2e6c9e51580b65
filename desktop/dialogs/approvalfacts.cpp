#include "desktop/dialogs/approvalfacts.h"

#include "chat/widgets/claimlabel.h"
#include "chat/widgets/icon.h"
#include "chat/widgets/iconmark.h"
#include "chat/widgets/panel.h"
#include "core/text.h"
#include "desktop/dialogs/approvalchoices.h"

#include <QFontDatabase>
#include <QGridLayout>
#include <QPlainTextEdit>
#include <QPushButton>

namespace hawser::desktop {

using namespace chat;

namespace {

QFont scaled(const QFont &font, double factor, bool bold = false)
{
    QFont larger(font);
    larger.setPointSizeF(font.pointSizeF() * factor);
    larger.setBold(bold);
    return larger;
}

SafeLabel *named(SafeLabel *label, const char *name)
{
    label->setObjectName(QLatin1String(name));
    return label;
}

} // namespace

QString groupedKey(const PublicKey &key)
{
    const QString hex = key.hex();
    QString text;
    for (int at = 0; at < hex.size(); at += 4) {
        if (at > 0)
            text += QLatin1Char(at == hex.size() / 2 ? '\n' : ' ');
        text += QStringView(hex).mid(at, 4);
    }
    return text;
}

ApprovalFacts::ApprovalFacts(const Request &request, QWidget *parent) : QWidget(parent)
{
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    grid->setColumnMinimumWidth(0, captionWidth(this));
    grid->addWidget(makeClaim(), 0, 0, 1, 2);
    grid->addWidget(makeStanding(), 1, 0, 1, 2);
    addFact(grid, tr("Number"), makeNumber());
    addFact(grid, tr("Key"), makeKey());
    m_from = new ClaimLabel(2, this);
    addFact(grid, tr("From"), named(m_from, "approvalFrom"));
    m_program = new ClaimLabel(2, this);
    addFact(grid, tr("Program"), named(m_program, "approvalProgram"));
    if (request.kind == Asking::JoinMachine || request.kind == Asking::JoinPerson) {
        auto *asks = new SafeLabel(ApprovalText(request).whatIsAsked(), this);
        addFact(grid, tr("Asks to"), named(asks, "approvalAsks"));
    }
    if (request.kind == Asking::JoinMachine && !request.commands.isEmpty())
        grid->addWidget(makeCommands(request.commands), grid->rowCount(), 1);
    show(request);
}

QWidget *ApprovalFacts::makeClaim()
{
    auto *box = new QWidget(this);
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    m_heading = named(new SafeLabel(box), "approvalHeading");
    m_heading->setFont(scaled(font(), 1.25, true));
    m_caption = new SafeLabel(box);
    m_caption->setForegroundRole(QPalette::PlaceholderText);
    m_claim = new ClaimLabel(2, box);
    named(m_claim, "approvalName");
    m_claim->setFont(scaled(font(), 1.25));
    layout->addWidget(m_heading);
    layout->addWidget(m_caption);
    layout->addWidget(m_claim);
    return box;
}

QWidget *ApprovalFacts::makeStanding()
{
    m_standingPanel = new Panel(Panel::Tone::Warning, this);
    auto *layout = new QHBoxLayout(m_standingPanel);
    layout->setContentsMargins(10, 6, 10, 6);
    m_standingMark = new IconMark(icon(QStringLiteral("warning")), 1.3, m_standingPanel);
    m_standing = named(new SafeLabel(m_standingPanel), "approvalWarning");
    m_standing->setWordWrap(true);
    layout->addWidget(m_standingMark, 0, Qt::AlignTop);
    layout->addWidget(m_standing, 1);
    return m_standingPanel;
}

QWidget *ApprovalFacts::makeNumber()
{
    auto *panel = new Panel(Panel::Tone::Plain, this);
    auto *layout = new QHBoxLayout(panel);
    layout->setContentsMargins(12, 4, 12, 4);
    layout->setSpacing(14);
    m_number = named(new SafeLabel(panel), "approvalNumber");
    QFont digits = scaled(QFontDatabase::systemFont(QFontDatabase::FixedFont), 1.9, true);
    digits.setLetterSpacing(QFont::AbsoluteSpacing, 1.5);
    m_number->setFont(digits);
    auto *hint = new SafeLabel(tr("Ask them, by voice or in person: it must be the same on both sides."), panel);
    hint->setWordWrap(true);
    layout->addWidget(m_number);
    layout->addWidget(hint, 1);
    return panel;
}

QWidget *ApprovalFacts::makeKey()
{
    auto *box = new QWidget(this);
    auto *layout = new QHBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    m_keyText = named(new SafeLabel(box), "approvalFingerprint");
    m_keyText->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_keyText->setWordWrap(true);
    m_keyText->setMinimumHeight(2 * m_keyText->fontMetrics().lineSpacing());
    m_fullKey = new QPushButton(tr("&Full key"), box);
    m_fullKey->setObjectName(QStringLiteral("approvalFullKey"));
    m_fullKey->setCheckable(true);
    m_fullKey->setAutoDefault(false);
    connect(m_fullKey, &QPushButton::toggled, this, [this] {
        showKey();
        emit looksOther();
    });
    layout->addWidget(m_keyText, 1);
    layout->addWidget(m_fullKey);
    return box;
}

QWidget *ApprovalFacts::makeCommands(const QStringList &commands)
{
    QStringList lines;
    for (const QString &command : commands)
        lines << visible(command);
    auto *list = new QPlainTextEdit(lines.join(QLatin1Char('\n')), this);
    list->setObjectName(QStringLiteral("approvalCommands"));
    list->setAccessibleName(tr("Commands it would offer"));
    list->setReadOnly(true);
    list->setTabChangesFocus(true);
    list->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    const int shown = qBound(1, int(lines.size()), 4);
    list->setFixedHeight(shown * list->fontMetrics().lineSpacing() + 2 * int(list->document()->documentMargin()) + 2);
    return list;
}

void ApprovalFacts::addFact(QGridLayout *grid, const QString &label, QWidget *value)
{
    const int row = grid->rowCount();
    auto *caption = new SafeLabel(label, this);
    caption->setForegroundRole(QPalette::PlaceholderText);
    grid->addWidget(caption, row, 0);
    grid->addWidget(value, row, 1);
}

void ApprovalFacts::show(const Request &request)
{
    const ApprovalText text(request);
    m_key = request.key;
    m_heading->setText(text.heading());
    m_caption->setText(text.caption());
    m_claim->setText(text.claim());
    m_standing->setText(text.standing());
    m_standingPanel->setTone(text.isSuspicious() ? Panel::Tone::Warning : Panel::Tone::Plain);
    m_standingMark->setIcon(icon(text.isSuspicious() ? QStringLiteral("warning")
            : request.kind == Asking::JoinMachine    ? QStringLiteral("machine")
                                                     : QStringLiteral("person")));
    m_number->setText(text.number().isEmpty() ? tr("… …") : text.number());
    m_number->setAccessibleName(text.spokenNumber());
    m_from->setText(text.from());
    m_program->setText(text.program());
    showKey();
}

void ApprovalFacts::showKey()
{
    const bool whole = m_fullKey->isChecked();
    m_keyText->setText(whole ? SafeText::lines(groupedKey(m_key)) : SafeText(m_key.words()));
    m_keyText->setAccessibleName(whole ? tr("Whole key %1").arg(m_key.hex()) : tr("Key words %1").arg(m_key.words()));
    m_fullKey->setText(whole ? tr("Key &words") : tr("&Full key"));
}

} // namespace hawser::desktop
