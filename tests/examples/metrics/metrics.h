#pragma once

#include <core/fields.h>

/// What a machine is: published once and kept, so that whoever comes later has it too. Topic metrics.HOST.model
struct Model {
    QString host;
    qint64 processors = 0;
    static void describe(auto &field)
    {
        field("host", &Model::host, { .required = true });
        field("processors", &Model::processors, {});
    }
};

/// How it is now. Topic metrics.HOST.sample
struct Sample {
    qint64 number = 0;
    double load = 0;
    static void describe(auto &field)
    {
        field("number", &Sample::number, { .required = true });
        field("load", &Sample::load, {});
    }
};

/// What the collector says of a machine. Topic hosts.HOST, kept
struct HostState {
    QString host;
    bool alive = false;
    qint64 samples = 0;
    static void describe(auto &field)
    {
        field("host", &HostState::host, { .required = true });
        field("alive", &HostState::alive, {});
        field("samples", &HostState::samples, {});
    }
};
