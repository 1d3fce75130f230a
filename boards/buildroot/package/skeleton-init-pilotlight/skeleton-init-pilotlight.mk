################################################################################
#
# skeleton-init-pilotlight
#
################################################################################

SKELETON_INIT_PILOTLIGHT_LICENSE = MIT or Apache-2.0

# The toolchain and all packages depend on the skeleton, so it can depend on
# neither.
SKELETON_INIT_PILOTLIGHT_ADD_TOOLCHAIN_DEPENDENCY = NO
SKELETON_INIT_PILOTLIGHT_ADD_SKELETON_DEPENDENCY = NO

SKELETON_INIT_PILOTLIGHT_DEPENDENCIES = skeleton-init-common

SKELETON_INIT_PILOTLIGHT_PROVIDES = skeleton

define SKELETON_INIT_PILOTLIGHT_INSTALL_TARGET_CMDS
	$(call SYSTEM_RSYNC,$(SKELETON_INIT_PILOTLIGHT_PKGDIR)/skeleton,$(TARGET_DIR))
	echo 'root=$(if $(BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW),rw,ro)' \
		> $(TARGET_DIR)/etc/runit/conf
	$(SKELETON_INIT_PILOTLIGHT_SET_GETTY)
endef

ifeq ($(BR2_TARGET_GENERIC_GETTY),y)
define SKELETON_INIT_PILOTLIGHT_SET_GETTY
	{ \
		echo 'port=$(SYSTEM_GETTY_PORT)'; \
		echo 'baudrate=$(SYSTEM_GETTY_BAUDRATE)'; \
		echo 'term=$(SYSTEM_GETTY_TERM)'; \
		echo "options='$(SYSTEM_GETTY_OPTIONS)'"; \
	} > $(TARGET_DIR)/etc/sv/getty/conf
	ln -sfn /etc/sv/getty $(TARGET_DIR)/etc/runit/runsvdir/default/getty
endef
endif

$(eval $(generic-package))
