#pragma once

#include "chat/request_queue.h"
#include "desktop/models/row_model.h"

namespace hawser::desktop {

/// Who asks to be let in, oldest first. One column; its display text begins with what they call themselves.
class RequestModel : public RowModel<quint64, chat::Request> {
    Q_OBJECT

public:
    using RowModel::RowModel;

protected:
    quint64 keyOf(const chat::Request &request) const override { return request.id; }
    bool isBefore(const chat::Request &a, const chat::Request &b) const override { return a.id < b.id; }
    QString shown(const chat::Request &request, int column) const override;
};

/// "asks to reach you", "asks to join home", …
QString wishText(const chat::Request &request);
/// Where it comes from: "192.0.2.44 · direct", "via home, which knows this key as “bea”"
QString originText(const chat::Request &request);

} // namespace hawser::desktop
