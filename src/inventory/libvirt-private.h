#pragma once

/* What the files of provider "libvirt" share; nobody else looks in here. */

#include "inventory/connector.h"
#include "wire/packets.h"

#include <jansson.h>

#define UUID_CHARS 36

typedef struct Machine {
        Provider *provider;
        char uuid[UUID_CHARS + 1];
        char *name;
        VmState state;
        int32_t num_cpu, memory_mb;
        bool stale;          /* was told before what is told now, and not again yet */
        uint32_t channel_id; /* of the request that is under way; 0: none */
        char *path;          /* of the channel, while it is connected to */
        Connector connector;
        uint32_t power_id;
        TAILQ_ENTRY(Machine) entry;
} Machine;

struct Provider {
        Loop *loop;
        const VmConfig *config;
        ProviderCallbacks callbacks;

        /* The child. start() returns a child whose standard input is @fd, or a negative errno. */
        int (*start)(const VmConfig *config, int fd, pid_t *ret);
        LoopChild child; /* pid 0: none */
        Packets packets;
        LoopTimer retry, ping;
        Usec retry_wait;
        uint32_t pings, pongs;

        /* What it has told. */
        char *lost; /* as on_lost() had it; NULL: all is well */
        void *by_uuid;
        TAILQ_HEAD(, Machine) machines;
        size_t n_machines;
        uint32_t last_id;
};

/* open() of ProviderType, with the start() of Provider. */
int libvirt_open_with(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                      int (*start)(const VmConfig *config, int fd, pid_t *ret), Provider **ret);

/* Starts the real one. Return: 0, or a negative errno; -ENOENT where it is not installed. */
int libvirt_child_start(const VmConfig *config, int fd, pid_t *ret);

/* Begins, and begins again by itself whenever the child has ended. */
int libvirt_child_begin(Provider *provider, Usec now);
void libvirt_child_pong(Provider *provider, uint32_t number);
void libvirt_child_end(Provider *provider);

/* What the child says. @fd: taken, or -1. */
void libvirt_take(Provider *provider, const char *text, size_t size, int fd, Usec now);

/* Nothing is known of the machines now. @why: for a sentence. */
void libvirt_lose(Provider *provider, const char *why, Usec now);
/* The child has gone, and with it whatever it was asked for. */
void libvirt_forget_requests(Provider *provider, const char *why, Usec now);
