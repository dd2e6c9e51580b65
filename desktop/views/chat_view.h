#pragma once

#include "desktop/views/action_view.h"

namespace hawser::desktop {

class BubbleDelegate;
class ConversationModel;

/// A conversation. Stays at the newest line unless the person has scrolled up; at the top it asks for earlier ones.
class ChatView : public ActionView {
    Q_OBJECT

public:
    explicit ChatView(QWidget *parent = nullptr);

    void setConversation(ConversationModel *model);

signals:
    void tryAgainWished(quint64 entry);
    void cancelWished(const QByteArray &transfer);
    void openFolderWished(const QByteArray &transfer);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void act(const QModelIndex &index, RowAction action);
    void rangeChanged();
    void scrolled(int value);

    ConversationModel *m_model = nullptr;
    BubbleDelegate *m_bubbles;
    bool m_atEnd = true;
};

} // namespace hawser::desktop
