/*
 * Certificate: see certificate.h. ECDSA, because GnuTLS signs with it three times as fast as
 * with RSA.
 *
 * It is its own authority, so that a client can be given this one file as what it trusts.
 * Source: RFC 5280, 4.2.1.
 */

#include "http/certificate.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <time.h>

#define DAY_SEC     86400
#define SERIAL_SIZE 16

static void key_deinitp(gnutls_x509_privkey_t *key)
{
        if (*key)
                gnutls_x509_privkey_deinit(*key);
}

static void crt_deinitp(gnutls_x509_crt_t *crt)
{
        if (*crt)
                gnutls_x509_crt_deinit(*crt);
}

static void datum_erasep(gnutls_datum_t *datum)
{
        if (datum->data)
                explicit_bzero(datum->data, datum->size);
        gnutls_free(datum->data);
}

static int crt_set_names(gnutls_x509_crt_t crt, const char *host_name)
{
        static const unsigned char v4[] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
        const struct {
                gnutls_x509_subject_alt_name_t type;
                const void *data;
                size_t size;
        } names[] = {
                {GNUTLS_SAN_DNSNAME, host_name, strlen(host_name)},
                {GNUTLS_SAN_DNSNAME, "localhost", strlen("localhost")},
                {GNUTLS_SAN_IPADDRESS, v4, sizeof(v4)},
                {GNUTLS_SAN_IPADDRESS, v6, sizeof(v6)},
        };
        int r;

        r = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, host_name,
                                          (unsigned int)strlen(host_name));
        for (size_t i = 0; r >= 0 && i < ELEMENTS(names); i++)
                r = gnutls_x509_crt_set_subject_alt_name(crt, names[i].type, names[i].data,
                                                         (unsigned int)names[i].size,
                                                         GNUTLS_FSAN_APPEND);
        return r;
}

static int crt_set_life(gnutls_x509_crt_t crt)
{
        time_t now = (time_t)(clock_realtime() / (int64_t)USEC_PER_SEC);
        unsigned char serial[SERIAL_SIZE];
        int r;

        random_bytes(serial, sizeof(serial));
        serial[0] = (serial[0] & 0x3f) | 0x40; /* positive, and of full length */
        r = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
        if (r >= 0) /* a day back, for clients whose clock is slow */
                r = gnutls_x509_crt_set_activation_time(crt, now - DAY_SEC);
        if (r >= 0)
                r = gnutls_x509_crt_set_expiration_time(crt, now + (time_t)3652 * DAY_SEC);
        return r;
}

static int crt_set_uses(gnutls_x509_crt_t crt)
{
        int r;

        r = gnutls_x509_crt_set_basic_constraints(crt, 1, 0);
        if (r >= 0)
                r = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE |
                                                               GNUTLS_KEY_KEY_CERT_SIGN);
        if (r >= 0)
                r = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
        return r;
}

static int crt_set_key(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
        unsigned char id[64];
        size_t size = sizeof(id);
        int r;

        r = gnutls_x509_crt_set_key(crt, key);
        if (r >= 0)
                r = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &size);
        if (r >= 0) /* OpenSSL's strict checks want to see both */
                r = gnutls_x509_crt_set_subject_key_id(crt, id, size);
        if (r >= 0)
                r = gnutls_x509_crt_set_authority_key_id(crt, id, size);
        return r;
}

static int crt_make(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *host_name)
{
        int r;

        r = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
        if (r >= 0)
                r = gnutls_x509_crt_set_version(crt, 3);
        if (r >= 0)
                r = crt_set_names(crt, host_name);
        if (r >= 0)
                r = crt_set_life(crt);
        if (r >= 0)
                r = crt_set_uses(crt);
        if (r >= 0)
                r = crt_set_key(crt, key);
        if (r >= 0)
                r = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
        return r;
}

int certificate_make(const char *host_name, Buf *ret_cert, Buf *ret_key)
{
        _cleanup_(key_deinitp) gnutls_x509_privkey_t key = NULL;
        _cleanup_(crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_(datum_erasep) gnutls_datum_t key_pem = {0}, crt_pem = {0};
        int r;

        r = gnutls_x509_privkey_init(&key);
        if (r >= 0)
                r = gnutls_x509_crt_init(&crt);
        if (r >= 0)
                r = crt_make(crt, key, host_name);
        if (r >= 0)
                r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &crt_pem);
        if (r >= 0)
                r = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
                                                      GNUTLS_PKCS_PLAIN, &key_pem);
        if (r < 0) {
                log_debug("certificate: %s", gnutls_strerror(r));
                return -EIO;
        }
        if (buf_put(ret_cert, crt_pem.data, crt_pem.size) < 0 ||
            buf_put(ret_key, key_pem.data, key_pem.size) < 0)
                return -EIO;
        return 0;
}

int certificate_thumbprint(const Buf *pem, char thumbprint[CERTIFICATE_THUMBPRINT_SIZE])
{
        const gnutls_datum_t datum = {(unsigned char *)pem->data, (unsigned int)pem->size};
        _cleanup_(crt_deinitp) gnutls_x509_crt_t crt = NULL;
        unsigned char digest[CERTIFICATE_THUMBPRINT_SIZE / 3];
        size_t size = sizeof(digest);
        int r;

        r = gnutls_x509_crt_init(&crt);
        if (r >= 0)
                r = gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_PEM);
        if (r >= 0)
                r = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA1, digest, &size);
        if (r < 0) {
                log_debug("certificate: %s", gnutls_strerror(r));
                return -EINVAL;
        }
        (void)snprintf(thumbprint, 3, "%02X", digest[0]);
        for (size_t i = 1; i < size; i++)
                (void)snprintf(thumbprint + 3 * i - 1, 4, ":%02X", digest[i]);
        return 0;
}
