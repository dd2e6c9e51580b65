#pragma once

#include <core/commands.h>

/// A sign of life, both ways. It says nothing and wants no answer.
struct SayHello {
    static constexpr const char *name = "hello";
    using Request = hawser::Nothing;
};
