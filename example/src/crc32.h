#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of size bytes at data, as in ITU-T V.42, gzip and PNG. */
uint32_t crc32(const unsigned char *data, size_t size);

#endif
