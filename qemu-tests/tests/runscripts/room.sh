#!/bin/sh
# Makes a root directory for daemons, in namespaces of its own, and becomes runsvdir there.
# room.sh PLACE PACKAGES FILES RUNSCRIPTS PROGRAMS TOOLS SERVICE...
# Says first which process this is, as the machine outside knows it: the namespace's own /proc comes later.
set -e
place=$1 packages=$2 files=$3 runscripts=$4 programs=$5 tools=$6
shift 6
read -r pid _ </proc/self/stat
echo "$pid"
mount -t tmpfs room "$place"
cd "$place"
mkdir -p usr dev etc/sv proc run tmp opt/busybox opt/pilotlight service var/cache var/lib var/log var/spool
chmod 1777 tmp
ln -s /run var/run
mount --bind "$packages/usr" usr
for directory in bin lib lib64 sbin; do ln -s "usr/$directory" "$directory"; done
# The packages' configurations, without the service directories that some have.
cp -R "$packages/etc" .
rm -rf etc/sv
mkdir etc/sv
cp "$programs/runsv" "$programs/runsvdir" "$tools" opt/pilotlight
for name in sv svlogd chpst utmpset; do ln -s "${tools##*/}" "opt/pilotlight/$name"; done
for service; do
    cp -R "$runscripts/$service" etc/sv
    [ ! -e "etc/sv/$service/finish" ] || mv "etc/sv/$service/finish" "etc/sv/$service/its-finish"
    # shellcheck disable=SC2016 # the script's own arguments
    printf '#!/bin/sh\n[ ! -e ./its-finish ] || ./its-finish "$@"\necho "ended $1 $2"\n' >"etc/sv/$service/finish"
    chmod 755 "etc/sv/$service/finish"
    : >"etc/sv/$service/down"
    ln -s "/etc/sv/$service" service
done
cp -R "$files/." .
mount -t tmpfs dev dev
for device in null zero full random urandom; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir -m 1777 dev/shm
ln -s /proc/self/fd dev/fd
mount -t proc proc proc
chroot . /bin/busybox --install -s /opt/busybox
chroot . /opt/busybox/ifconfig lo up
exec chroot . /opt/busybox/env -i PATH=/opt/pilotlight:/usr/sbin:/usr/bin:/opt/busybox runsvdir /service
