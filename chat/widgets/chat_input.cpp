#include "chat/widgets/chat_input.h"

#include <QAbstractTextDocumentLayout>
#include <QKeyEvent>
#include <QMimeData>
#include <cmath>

namespace hawser::chat {

ChatInput::ChatInput(QWidget *parent) : QPlainTextEdit(parent)
{
    setTabChangesFocus(true);
    setAcceptDrops(false); // files dropped here are for the person, not for the text
    viewport()->setAcceptDrops(false);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    connect(document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, this,
        [this] { updateGeometry(); });
}

QSize ChatInput::sizeHint() const
{
    constexpr double mostLines = 8;
    const double lines = std::clamp(document()->size().height(), 1.0, mostLines); // a plain document counts lines
    const double margins = document()->documentMargin() * 2 + frameWidth() * 2 + 6;
    return { 200, int(std::ceil(lines * fontMetrics().lineSpacing() + margins)) };
}

void ChatInput::keyPressEvent(QKeyEvent *event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && !(event->modifiers() & Qt::ShiftModifier)) {
        emit sendWished();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

void ChatInput::insertFromMimeData(const QMimeData *source)
{
    if (source->hasText())
        insertPlainText(source->text());
}

bool ChatInput::canInsertFromMimeData(const QMimeData *source) const
{
    return source->hasText();
}

} // namespace hawser::chat
