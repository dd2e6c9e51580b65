#pragma once

#include "desktop/models/contact_model.h"

namespace hawser::chat {
class ChatInput;
class SafeLabel;
} // namespace hawser::chat

class QPushButton;
class QToolButton;

namespace hawser::desktop {

class ChatView;
class ConversationModel;
class DropZone;
class FindBar;
class OfferBar;
class UndoBar;

/// One contact's conversation: who, how they are reached, what was said, what waits for an answer, and the input. Files
/// dropped anywhere on it are for that person.
class ConversationPage : public QWidget {
    Q_OBJECT

public:
    explicit ConversationPage(ConversationModel *model, QWidget *parent = nullptr);

    /// Another person, or more is known of this one.
    void setContact(const ContactRow &row);
    const PublicKey &key() const { return m_row.contact.key; }
    OfferBar *offers() const { return m_offers; }
    UndoBar *undo() const { return m_undo; }
    /// Says why something did not work.
    void showTrouble(const QString &sentence);
    void focusInput();
    /// Opens the field that looks for words in this conversation.
    void find();
    FindBar *finder() const { return m_find; }
    /// What is true as long as it is shown; empty: nothing.
    void setCondition(const QString &sentence);
    /// Files hover over the window: shows for whom they would be.
    void showDropTarget(bool on);

signals:
    void said(const QString &text);
    void dropped(const QStringList &paths);
    void tryAgainWished(quint64 entry);
    void cancelWished(const QByteArray &transfer);
    void openFolderWished(const QByteArray &transfer);
    void rightsWished();
    void searched(const QString &words); ///< setHits of the finder answers
    void left(); ///< back to the start page

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    QWidget *makeHead();
    QWidget *makeInput();
    void say();
    void attach(bool folder);

    ContactRow m_row;
    QHash<PublicKey, QString> m_drafts;
    chat::SafeLabel *m_name;
    chat::SafeLabel *m_presence;
    chat::SafeLabel *m_route;
    chat::SafeLabel *m_trouble;
    chat::SafeLabel *m_condition;
    FindBar *m_find;
    ChatView *m_view;
    OfferBar *m_offers;
    UndoBar *m_undo;
    chat::ChatInput *m_input;
    QPushButton *m_send;
    QToolButton *m_attach;
    DropZone *m_zone;
};

} // namespace hawser::desktop
