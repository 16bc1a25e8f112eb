#pragma once

/* The endpoints: which part of the daemon a path belongs to. */

#include "api/service.h"

typedef struct Endpoint {
        const char *prefix; /* the whole path, or its begin where it ends in '/' */
        const char *method; /* of HTTP; NULL: the endpoint decides */
        void (*serve)(Service *service, HttpRequest *request, Usec now);
        /* The client of a request that is parked has left. */
        void (*gone)(Service *service, HttpRequest *request, Usec now);
        const char *streamed; /* the method whose bodies are taken in parts; NULL: none */
} Endpoint;

/* soap.c: /sdk, and what the older toolkits of Go and Perl call it */
void serve_soap(Service *service, HttpRequest *request, Usec now);
/* vi-json.c: /sdk/vim25/{release}/{Type}/{moId}/{member} */
void serve_vi_json(Service *service, HttpRequest *request, Usec now);
/* client-call.c: the client of a call that is parked has left */
void client_call_gone(Service *service, HttpRequest *request, Usec now);
/* guest-file.c */
void serve_guest_file(Service *service, HttpRequest *request, Usec now);
void guest_file_gone(Service *service, HttpRequest *request, Usec now);
/* versions.c */
void serve_versions(Service *service, HttpRequest *request, Usec now);
void serve_hello(Service *service, HttpRequest *request, Usec now);
