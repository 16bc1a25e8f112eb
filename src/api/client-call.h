#pragma once

/*
 * ClientCall: the life of one call of a client, whichever of the API's spellings it came by.
 *
 *   object ─ method row ─ session ─ decode by table ─ privilege ─ handler ─ (parked)
 *   ─ encode or fault ─ audit ─ answer
 */

#include "api/service.h"
#include "property/object.h"
#include "session/call.h"
#include "wire/read.h"

typedef struct ClientCall ClientCall;

/* How the parameters of a call are read, and its answer is written. */
typedef struct Spelling {
        const char *content_type;
        unsigned int void_status; /* where there is no value; a 204 has no body */
        /* Return: as json_read(). */
        int (*read)(ClientCall *client, const WireType *type, void **ret, WireError *error);
        /* @value NULL: void, or unset */
        void (*write)(const ClientCall *client, Buf *out, WireForm form, const void *value);
        void (*write_fault)(const ClientCall *client, Buf *out);
} Spelling;

struct ClientCall {
        Call call;
        Service *service;
        HttpRequest *request;
        const Spelling *spelling;
        Object receiver;
        const void *document; /* the spelling's */
        uint32_t version;     /* of the API, that the client knows */
};

/* Finds the client's session, too. Return: NULL without memory; the request has been answered. */
ClientCall *client_call_new(Service *service, HttpRequest *request, const Spelling *spelling,
                            Usec now);

/* Both return 0, or negative with a fault raised: client_call_fail() then answers. */
int client_call_find(ClientCall *client, const char *type, const char *moid);
int client_call_run(ClientCall *client, const char *method, Usec now);

/* Raises the fault that tells what was wrong with the client's bytes. Return: negative. */
int client_call_fault_of(Call *call, const WireError *error);
