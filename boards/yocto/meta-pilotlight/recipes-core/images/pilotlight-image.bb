SUMMARY = "A console image with pilotlight as its init system"
DESCRIPTION = "The least that boots to a login, on a read-only root file system. \
               The configuration sets INIT_MANAGER to pilotlight."
BUGTRACKER = "https://smarden.org/runit/"
SECTION = "base"
LICENSE = "MIT"
CVE_PRODUCT = "pilotlight"

inherit core-image features_check

CONFLICT_DISTRO_FEATURES = "systemd sysvinit"

IMAGE_FEATURES += "read-only-rootfs"
IMAGE_INSTALL = "packagegroup-core-boot"
