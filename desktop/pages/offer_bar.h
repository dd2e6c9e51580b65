#pragma once

#include "chat/transfers.h"
#include "chat/widgets/panel.h"

class QLineEdit;
class QPushButton;

namespace hawser::chat {
class IconMark;
class SafeLabel;
} // namespace hawser::chat

namespace hawser::desktop {

/// What waits for my answer in this conversation, one after the other.
class OfferBar : public chat::Panel {
    Q_OBJECT

public:
    explicit OfferBar(QWidget *parent = nullptr);

    /// \param name        of who offers: text from others
    /// \param saveFolder  where it goes when nothing else is said
    void setOffers(const QString &name, const QList<chat::Transfer> &offers, const QString &saveFolder);
    /// It could not be accepted: says why; another folder can be chosen.
    void showFailure(const QString &sentence);

signals:
    void accepted(const QByteArray &id, const QString &folder);
    void declined(const QByteArray &id);

private:
    void show(const chat::Transfer &offer);
    void showRoom();
    void chooseFolder();

    chat::Transfer m_offer;
    QString m_name;
    chat::IconMark *m_mark;
    chat::SafeLabel *m_place; ///< "1 of 3"
    chat::SafeLabel *m_title;
    chat::SafeLabel *m_content;
    chat::SafeLabel *m_note;
    chat::SafeLabel *m_room;
    chat::SafeLabel *m_failure;
    QLineEdit *m_saveTo;
    QPushButton *m_decline;
    QPushButton *m_accept;
};

} // namespace hawser::desktop
