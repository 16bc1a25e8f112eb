#pragma once

/*
 * Makes the self-signed certificate of a first start: ECDSA P-256, ten years, names and addresses
 * of this host.
 */

#include "base/buf.h"

/**
 * certificate_make() - a new key and a certificate for it
 * @host_name:  common name and DNS name, beside "localhost", 127.0.0.1 and ::1
 * @ret_cert:   PEM text is appended
 * @ret_key:    PEM text (PKCS #8) is appended; erase it after use
 *
 * Return: 0, or -EIO where GnuTLS failed.
 */
int certificate_make(const char *host_name, Buf *ret_cert, Buf *ret_key);
