################################################################################
#
# pilotlight
#
################################################################################

# The sources are the tree that holds this directory.
PILOTLIGHT_VERSION = 0.1.0
PILOTLIGHT_SITE = $(BR2_EXTERNAL_PILOTLIGHT_PATH)/../..
PILOTLIGHT_SITE_METHOD = local
PILOTLIGHT_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /target --exclude /fuzz
PILOTLIGHT_LICENSE = MIT or Apache-2.0
PILOTLIGHT_LICENSE_FILES = LICENSE-MIT LICENSE-APACHE

# Ours take the place of busybox's applets: init, halt, poweroff, reboot; its
# own runit would be found in front of ours or behind it.
PILOTLIGHT_DEPENDENCIES = $(if $(BR2_PACKAGE_BUSYBOX),busybox)

# The infrastructure sets these for speed; a program here is small or nothing.
PILOTLIGHT_CARGO_ENV = \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 \
	CARGO_PROFILE_RELEASE_LTO=true \
	CARGO_PROFILE_RELEASE_OPT_LEVEL=z \
	CARGO_PROFILE_RELEASE_PANIC=abort

# The programs without libc, which no C run-time may be linked into.
PILOTLIGHT_FREESTANDING = runit runit-init runsv runsvdir runsvchdir
PILOTLIGHT_FREESTANDING_FLAGS = -Crelocation-model=static -Ctarget-feature=-crt-static

# Local sources come without their crates: they are fetched with the checksums
# of Cargo.lock, unless `cargo vendor` was run in the tree before. A build that
# failed comes here again.
define PILOTLIGHT_VENDOR
	cd $(@D) && if ! test -d vendor; then \
		$(TARGET_MAKE_ENV) $(PKG_CARGO_ENV) \
			cargo vendor --locked vendor; \
	fi
	if ! grep -q '^replace-with' $(@D)/.cargo/config.toml; then \
		printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n' \
			>> $(@D)/.cargo/config.toml; \
	fi
endef
PILOTLIGHT_PRE_BUILD_HOOKS += PILOTLIGHT_VENDOR

# $(1): RUSTFLAGS, or nothing; $(2): what to build
PILOTLIGHT_CARGO_BUILD = \
	cd $(@D) && \
	$(TARGET_MAKE_ENV) $(TARGET_CONFIGURE_OPTS) \
		$(PKG_CARGO_ENV) $(PILOTLIGHT_CARGO_ENV) \
		$(if $(1),RUSTFLAGS="$(1)") \
		cargo build --offline --release --locked \
			--manifest-path Cargo.toml $(2)

define PILOTLIGHT_BUILD_CMDS
	$(call PILOTLIGHT_CARGO_BUILD,$(PILOTLIGHT_FREESTANDING_FLAGS),\
		--package pilotlight-init --package pilotlight-supervisor)
	$(call PILOTLIGHT_CARGO_BUILD,,--package pilotlight-tools --bin pilotlight)
endef

PILOTLIGHT_TOOLS = sv svlogd chpst utmpset
PILOTLIGHT_APPLETS = \
	$(foreach program,$(PILOTLIGHT_TOOLS) $(PILOTLIGHT_FREESTANDING),\
		$(addsuffix $(program),$(TARGET_DIR)/bin/ $(TARGET_DIR)/sbin/ \
			$(TARGET_DIR)/usr/bin/ $(TARGET_DIR)/usr/sbin/))

define PILOTLIGHT_INSTALL_TARGET_CMDS
	$(RM) $(PILOTLIGHT_APPLETS)
	$(foreach program,$(PILOTLIGHT_FREESTANDING) pilotlight,$(INSTALL) -D -m 0755 \
		$(@D)/target/$(RUSTC_TARGET_NAME)/release/$(program) \
		$(TARGET_DIR)/sbin/$(program)$(sep))
	$(foreach tool,$(PILOTLIGHT_TOOLS),ln -sf pilotlight $(TARGET_DIR)/sbin/$(tool)$(sep))
endef

ifeq ($(BR2_INIT_PILOTLIGHT),y)

# Everything below is for the init system; the names are directories of
# runscripts/.
PILOTLIGHT_SERVICES = \
	$(if $(BR2_PACKAGE_PILOTLIGHT_SYSLOGD),syslogd klogd) \
	$(if $(BR2_PACKAGE_PILOTLIGHT_NTPD),ntpd) \
	$(if $(BR2_PACKAGE_PILOTLIGHT_DROPBEAR),dropbear) \
	$(if $(BR2_PACKAGE_PILOTLIGHT_DNSMASQ),dnsmasq) \
	$(if $(BR2_PACKAGE_PILOTLIGHT_DBUS),dbus) \
	$(if $(BR2_PACKAGE_PILOTLIGHT_WPA_SUPPLICANT),wpa_supplicant)

# svlogd writes as this user.
define PILOTLIGHT_USERS
	log -1 log -1 * - - - svlogd
endef

# $(1): the service
define PILOTLIGHT_INSTALL_SERVICE
	mkdir -p $(TARGET_DIR)/etc/sv
	$(RM) -r $(TARGET_DIR)/etc/sv/$(1)
	cp -a $(@D)/runscripts/$(1) $(TARGET_DIR)/etc/sv/$(1)
	ln -sfn /etc/sv/$(1) $(TARGET_DIR)/etc/runit/runsvdir/default/$(1)
endef

define PILOTLIGHT_INSTALL_SERVICES
	$(foreach service,$(PILOTLIGHT_SERVICES),$(call PILOTLIGHT_INSTALL_SERVICE,$(service))$(sep))
endef
PILOTLIGHT_POST_INSTALL_TARGET_HOOKS += PILOTLIGHT_INSTALL_SERVICES

define PILOTLIGHT_INSTALL_INIT_LINKS
	$(RM) $(addprefix $(TARGET_DIR)/sbin/,init halt poweroff reboot)
	ln -sf runit-init $(TARGET_DIR)/sbin/init
	$(foreach program,halt poweroff reboot,$(INSTALL) -m 0755 \
		$(@D)/boards/rootfs/sbin/$(program) $(TARGET_DIR)/sbin/$(program)$(sep))
endef
PILOTLIGHT_POST_INSTALL_TARGET_HOOKS += PILOTLIGHT_INSTALL_INIT_LINKS

PILOTLIGHT_DHCP = $(call qstrip,$(BR2_SYSTEM_DHCP))
ifneq ($(PILOTLIGHT_DHCP),)
define PILOTLIGHT_INSTALL_DHCP
	$(call PILOTLIGHT_INSTALL_SERVICE,udhcpc)
	echo 'interface=$(PILOTLIGHT_DHCP)' > $(TARGET_DIR)/etc/sv/udhcpc/conf
endef
PILOTLIGHT_POST_INSTALL_TARGET_HOOKS += PILOTLIGHT_INSTALL_DHCP
endif

ifeq ($(BR2_PACKAGE_PILOTLIGHT_NTPD),y)
PILOTLIGHT_TIMESERVER = $(firstword $(call qstrip,$(BR2_TARGET_GENERIC_TIMESERVER)))
ifneq ($(PILOTLIGHT_TIMESERVER),)
define PILOTLIGHT_SET_TIMESERVER
	echo 'server=$(PILOTLIGHT_TIMESERVER)' > $(TARGET_DIR)/etc/sv/ntpd/conf
endef
PILOTLIGHT_POST_INSTALL_TARGET_HOOKS += PILOTLIGHT_SET_TIMESERVER
endif
endif

ifeq ($(BR2_PACKAGE_PILOTLIGHT_HTTPD),y)
define PILOTLIGHT_INSTALL_HTTPD
	$(INSTALL) -D -m 0755 $(PILOTLIGHT_PKGDIR)/httpd/run $(TARGET_DIR)/etc/sv/httpd/run
	cp -a $(@D)/runscripts/syslogd/log $(TARGET_DIR)/etc/sv/httpd/
	ln -sfn /etc/sv/httpd $(TARGET_DIR)/etc/runit/runsvdir/default/httpd
endef
PILOTLIGHT_POST_INSTALL_TARGET_HOOKS += PILOTLIGHT_INSTALL_HTTPD
endif

# Buildroot makes it a link into /run; where the root keeps them, so should
# the keys of dropbear be kept.
ifeq ($(BR2_PACKAGE_PILOTLIGHT_DROPBEAR)$(BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW),yy)
define PILOTLIGHT_KEEP_KEYS
	if test -L $(TARGET_DIR)/etc/dropbear; then \
		$(RM) $(TARGET_DIR)/etc/dropbear; \
		mkdir $(TARGET_DIR)/etc/dropbear; \
	fi
endef
PILOTLIGHT_TARGET_FINALIZE_HOOKS += PILOTLIGHT_KEEP_KEYS
endif

endif # BR2_INIT_PILOTLIGHT

$(eval $(cargo-package))
