#pragma once

/* The parts of the status document; guestops(1), "Status". */

#include "api/daemon-config.h"
#include "api/service.h"
#include "base/buf.h"

/* From the beginning up to, and with, the bracket before the first machine. */
void status_put_head(Buf *out, const Service *service, const DaemonConfig *config);
void status_put_machine(Buf *out, const Vm *vm, Usec now);
