#pragma once

#include "desktop/views/action_view.h"

#include <QPersistentModelIndex>

class QToolButton;

namespace hawser::desktop {

class BubbleDelegate;
class ConversationModel;

/// A conversation. Stays at the newest line unless the person has scrolled up; near either end it asks for what lies
/// beyond, and what is read does not move while lines come and go above.
class ChatView : public ActionView {
    Q_OBJECT

public:
    explicit ChatView(QWidget *parent = nullptr);

    void setConversation(ConversationModel *model);
    /// These words are marked where they stand.
    void markWords(const QString &words);
    void goToNewest();

signals:
    void tryAgainWished(quint64 entry);
    void cancelWished(const QByteArray &transfer);
    void openFolderWished(const QByteArray &transfer);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void act(const QModelIndex &index, RowAction action);
    void rangeChanged();
    void scrolled();
    void setAtEnd(bool on);
    void fetch();
    void holdPlace();
    void keepPlace();
    void showFound(const QModelIndex &index);
    void placeButton();

    ConversationModel *m_model = nullptr;
    BubbleDelegate *m_bubbles;
    QToolButton *m_newest;
    bool m_atEnd = true;
    bool m_settling = false; // rows come or go: the bar moves by itself
    QPersistentModelIndex m_held; // stays where it is while rows come and go
    int m_heldAt = 0; // its distance from the top
};

} // namespace hawser::desktop
