#pragma once

#include <QByteArray>
#include <memory>

namespace hawser::transfer {

/// SHA-256, incrementally. OpenSSL's, because it uses the CPU's instructions (1.97 GB/s where BLAKE2b makes 1.1) and
/// because `sha256sum` lets anybody check.
class Sha256 {
public:
    static constexpr int size = 32;

    Sha256();
    ~Sha256();
    Sha256(Sha256 &&) noexcept;
    Sha256 &operator=(Sha256 &&) noexcept;

    void add(QByteArrayView bytes);
    /// The 32 bytes; the object begins anew.
    QByteArray result();

private:
    struct Free {
        void operator()(void *context) const;
    };
    std::unique_ptr<void, Free> m_context;
};

} // namespace hawser::transfer
