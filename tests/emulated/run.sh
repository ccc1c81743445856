#!/bin/bash
# Runs a program on an emulated processor with AVX-512 and VNNI (Bochs; no BF16), for machines that have none: a
# small Linux boots, runs it at its own path with its shared libraries, and powers off.
#
# usage: tests/emulated/run.sh PROGRAM [ARGUMENT...]      as: tests/emulated/run.sh build/test_backend
#
# Prints what the program prints and returns its exit status; 124: EMULATED_SECONDS (600) were over; 125: the emulator
# failed. EMULATED_FILES: files and folders that the program reads, separated by blanks. The first run unpacks some
# Debian packages (135 MB, nothing is installed) into build/emulated. Slow: 50 to 100 million instructions a second.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd)/build/emulated
root=$home/root libraries=$home/root/usr/lib/x86_64-linux-gnu
fail() { echo "tests/emulated/run.sh: $*" >&2; exit 125; }
[ $# -gt 0 ] || fail "which program? usage: tests/emulated/run.sh PROGRAM [ARGUMENT...]"
program=$(realpath -e "$1") || fail "$1 is not there: build it first"
shift
seconds=${EMULATED_SECONDS:-600}
case $seconds in '' | *[!0-9]*) fail "EMULATED_SECONDS is '$seconds': give a whole number of seconds" ;; esac

# What Bochs, the boot image and the small Linux are made of; the kernel by its exact name, whatever is current.
unpack() {
  local kernel part=$home/part
  kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -1)
  [ -n "$kernel" ] || fail "apt knows no linux-image-cloud-amd64: apt-get update, on Debian"
  rm -rf "$part" && mkdir -p "$part/debs"
  (cd "$part/debs" && apt-get download -q "$kernel" bochs bochs-term bochsbios vgabios busybox-static isolinux \
    syslinux-common xorriso libburn4 libjte2 libisofs6 libisoburn1 libcolord2 libepoxy0 libgtk-3-0 libsamplerate0 \
    libwayland-cursor0 libwayland-egl1) >"$home/download.log" 2>&1 || fail "no packages: $(tail -3 "$home/download.log")"
  for package in "$part"/debs/*.deb; do dpkg -x "$package" "$part"; done
  rm -r "$part/debs"
  mv "$part" "$root"
}
[ -d "$root" ] || { mkdir -p "$home" && unpack; }
missing=$(LD_LIBRARY_PATH=$libraries ldd "$root/usr/bin/bochs-bin" | sed -n 's/ => not found//p')
[ -z "$missing" ] || fail "Bochs needs these libraries, install them: $missing"

work=$(mktemp -d) session=
finish() {
  [ -z "$session" ] || kill -- "-$session" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 124' INT TERM

# The root file system, an initramfs: everything at the path it has here.
tree=$work/tree
mkdir -p "$tree"/{bin,proc,sys,dev,tmp} "$tree$PWD" "$work/image"
place() {
  mkdir -p "$tree$(dirname "$1")"
  [ -e "$tree$1" ] || cp -rL "$1" "$tree$1"
}
place_program() {
  place "$1"
  for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do place "$library"; done
}
cp "$root/bin/busybox" "$tree/bin"
place_program "$program"
for file in ${EMULATED_FILES:-}; do
  file=$(realpath -se "$file") || fail "EMULATED_FILES: $file is not there"
  if [ -f "$file" ] && [ -x "$file" ]; then place_program "$file"; else place "$file"; fi
done
cat >"$tree/init" <<END
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp OPENBLAS_NUM_THREADS=1
cd $(printf %q "$PWD")
echo; echo EMULATED-BEGIN
$(printf '%q ' "$program" "$@") 2>&1 </dev/null
status=\$?
echo; echo EMULATED-STATUS \$status
poweroff -f
END
chmod +x "$tree/init"
(cd "$tree" && find . | "$root/bin/busybox" cpio -o -H newc 2>/dev/null) >"$work/image/initrd"
cp "$root"/boot/vmlinuz-* "$work/image/vmlinuz"
cp "$root/usr/lib/ISOLINUX/isolinux.bin" "$root/usr/lib/syslinux/modules/bios/ldlinux.c32" "$work/image"

# What is cleared is what Bochs 2.7 gets wrong (XSAVES' sizes) or what a current kernel hangs with on it.
cat >"$work/image/isolinux.cfg" <<'END'
DEFAULT linux
LABEL linux
KERNEL vmlinuz
INITRD initrd
APPEND console=ttyS0,115200 quiet mitigations=off nokaslr panic=-1 lapic=notscdeadline hpet=disable idle=poll lpj=1000000 lsm=capability noxsaves nopcid noinvpcid nofsgsbase clearcpuid=pku,ospke,xsaves,xsavec,erms,fsrm,umip,smap,smep,pcid,invpcid,fsgsbase
END
LD_LIBRARY_PATH=$libraries "$root/usr/bin/xorriso" -as mkisofs -quiet -o "$work/boot.iso" -b isolinux.bin -c boot.cat \
  -no-emul-boot -boot-load-size 4 -boot-info-table "$work/image" 2>"$work/image.log" || fail "no image: $(cat "$work/image.log")"
cat >"$work/bochsrc" <<END
display_library: term
config_interface: textconfig
cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0
memory: guest=1024, host=1024
romimage: file=$root/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=$root/usr/share/bochs/VGABIOS-lgpl-latest
clock: sync=none, time0=local
com1: enabled=1, mode=file, dev=$work/serial
ata0-master: type=cdrom, path=$work/boot.iso, status=inserted
boot: cdrom
log: $work/bochs.log
panic: action=fatal
END
echo continue >"$work/debugger" # Debian builds Bochs with its debugger, which waits for a word
: >"$work/serial"
# The terminal that its display needs: script's.
LD_LIBRARY_PATH=$libraries BXSHARE=$root/usr/share/bochs LTDL_LIBRARY_PATH=$libraries/bochs/plugins TERM=linux \
  setsid script -qfec "nice -n 10 $root/usr/bin/bochs-bin -q -f $work/bochsrc -rc $work/debugger" "$work/screen" \
  </dev/null >/dev/null 2>&1 &
session=$!
end=$((SECONDS + seconds))
until grep -q '^EMULATED-STATUS [0-9]' "$work/serial"; do
  kill -0 "$session" 2>/dev/null || fail "the emulator ended: $(tail -3 "$work/bochs.log" "$work/serial")"
  [ $SECONDS -lt $end ] || { cat "$work/serial"; echo "tests/emulated/run.sh: not done after $seconds s" >&2; exit 124; }
  sleep 1
done
tr -d '\r' <"$work/serial" | sed '1,/^EMULATED-BEGIN$/d; /^EMULATED-STATUS /,$d'
exit "$(tr -d '\r' <"$work/serial" | sed -n 's/^EMULATED-STATUS //p' | head -1)"
