module conform/og_rek

go 1.21
