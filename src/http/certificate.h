#pragma once

/*
 * The server's certificate: its thumbprint, and the making of the self-signed one of a first start:
 * ECDSA P-256, ten years, names and addresses of this host.
 */

#include "base/buf.h"

#define CERTIFICATE_THUMBPRINT_SIZE (20 * 3) /* "AB:CD…" and its NUL */

/**
 * certificate_thumbprint() - the SHA-1 of a certificate, as clients compare it
 * @pem:        text; of several certificates the first counts
 * @thumbprint: upper-case hex with colons
 *
 * Return: 0, or -EINVAL where it is no certificate, or GnuTLS takes no SHA-1.
 */
int certificate_thumbprint(const Buf *pem, char thumbprint[CERTIFICATE_THUMBPRINT_SIZE]);

/**
 * certificate_make() - a new key and a certificate for it
 * @host_name:  common name and DNS name, beside "localhost", 127.0.0.1 and ::1
 * @ret_cert:   PEM text is appended
 * @ret_key:    PEM text (PKCS #8) is appended; erase it after use
 *
 * Return: 0, or -EIO where GnuTLS failed.
 */
int certificate_make(const char *host_name, Buf *ret_cert, Buf *ret_key);
