#pragma once

#include "chat/request_queue.h"
#include "chat/widgets/safelabel.h"

#include <QCoreApplication>

namespace hawser::desktop {

/// The sentences of the approval dialog (ux.md rule 1).
class ApprovalText {
    Q_DECLARE_TR_FUNCTIONS(ApprovalText)

public:
    explicit ApprovalText(const chat::Request &request) : m_request(request) { }

    chat::SafeText heading() const;
    QString caption() const; ///< what stands before the name: "calling themselves"
    chat::SafeText claim() const; ///< in quotes: “Bea K.”
    chat::SafeText standing() const; ///< known or not, and whose name it looks like
    bool isSuspicious() const; ///< a contact's name with another key
    QString number() const; ///< "739 204", or empty while it is not known
    QString spokenNumber() const; ///< "7 3 9 2 0 4"
    chat::SafeText from() const;
    chat::SafeText program() const;
    QString whatIsAsked() const; ///< joins
    QString allow(chat::Rights rights) const; ///< what the button says
    QString alert() const; ///< what is read aloud first

private:
    bool isContact() const;
    QString brokerName() const;
    chat::SafeText through(const chat::Door &door) const;

    const chat::Request &m_request;
};

} // namespace hawser::desktop
