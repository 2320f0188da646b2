#include "crc32.h"

#include "crc_table.h"

uint32_t crc32(const unsigned char *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++)
		crc = (crc >> 8) ^ crc_table[(crc ^ data[i]) & 0xff];
	return ~crc;
}
