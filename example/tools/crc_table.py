"""Prints the table of CRC-32 (reflected polynomial 0xEDB88320) as a C header."""

POLYNOMIAL = 0xEDB88320


def entry(byte):
    crc = byte
    for _ in range(8):
        crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
    return crc


print("static const uint32_t crc_table[256] = {")
for start in range(0, 256, 6):
    row = range(start, min(start + 6, 256))
    print("\t" + " ".join(f"0x{entry(byte):08x}," for byte in row))
print("};")
