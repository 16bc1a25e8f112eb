#pragma once

/*
 * OpenFileTransfer in the monitor: bytes go between the host's stream and a worker, and neither
 * side makes us hold more than it may. Source: PROTOCOL.md, "Transfers".
 */

#include "agent/operation.h"

/* Of an operation that ends. Without an answer before, the worker takes it for given up. */
OpenTransfer *open_transfer_free(OpenTransfer *open);

/* The host has sent @size bytes; none: it has sent all. */
void open_transfer_data(OpenTransfer *open, const char *data, size_t size);
/* The host's stream takes @size bytes now. Return: how many there were. */
size_t open_transfer_pull(OpenTransfer *open, char *data, size_t size);

/* Ends transfers whose operation this guest's configuration has disabled meanwhile. */
void operations_stop_transfers(Operations *operations);

/* Who asks is set in the operation. Return: the transfer, or NULL with a fault raised. */
Transfer *operation_find_transfer(Operation *operation, const char *handle);
/* Raises a fault where this guest's configuration has disabled the transfer. */
int transfer_check_enabled(Operation *operation, const Transfer *transfer);
