#pragma once

#include <QObject>
#include <memory>

namespace hawser {

/// For what may die inside its own signal: it falls silent at once and is deleted by the event loop. What would go on until
/// then, with things that are gone by then, has a retire().
struct DeleteLater {
    template <typename T>
    void operator()(T *object) const
    {
        object->disconnect();
        if constexpr (requires { object->retire(); })
            object->retire();
        object->deleteLater();
    }
};
template <typename T>
using LaterPointer = std::unique_ptr<T, DeleteLater>;

} // namespace hawser
