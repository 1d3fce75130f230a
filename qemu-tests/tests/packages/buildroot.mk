# As much of Buildroot as the packages of boards/buildroot use: make plays their steps with it. Called with EXTERNAL, BUILD (which
# holds the sources), TARGET_DIR and the settings.
BR2_EXTERNAL_PILOTLIGHT_PATH = $(EXTERNAL)
INSTALL = install
RM = rm -f
define sep


endef
qstrip = $(strip $(subst ",,$(1)))
UPPERCASE = $(shell echo '$(1)' | tr a-z- A-Z_)
SYSTEM_RSYNC = cp -a $(1)/. $(2)/ && find $(2) -name .empty -exec rm {} +
SYSTEM_GETTY_PORT = $(call qstrip,$(BR2_TARGET_GENERIC_GETTY_PORT))
SYSTEM_GETTY_BAUDRATE = $(call qstrip,$(BR2_TARGET_GENERIC_GETTY_BAUDRATE))
SYSTEM_GETTY_TERM = $(call qstrip,$(BR2_TARGET_GENERIC_GETTY_TERM))
SYSTEM_GETTY_OPTIONS = $(call qstrip,$(BR2_TARGET_GENERIC_GETTY_OPTIONS))

# What the infrastructure of cargo packages sets, the profile that a package has to mend among it.
PKG_CARGO_ENV = \
	CARGO_PROFILE_RELEASE_LTO=false \
	CARGO_PROFILE_RELEASE_OPT_LEVEL=3 \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	CARGO_BUILD_TARGET=$(RUSTC_TARGET_NAME) \
	CARGO_TARGET_$(call UPPERCASE,$(RUSTC_TARGET_NAME))_LINKER=gcc

# $(1): the package, $(2): the same as a prefix of variables, $(3): its directory
define package-rules
$(2)_PKGDIR = $(3)
PACKAGES += $(1)
$$(BUILD)/.$(1)-built:
	$$(foreach hook,$$($(2)_PRE_BUILD_HOOKS),$$(call $$(hook))$$(sep))
	$$($(2)_BUILD_CMDS)
$$(BUILD)/.$(1)-installed:
	$$($(2)_INSTALL_TARGET_CMDS)
	$$(foreach hook,$$($(2)_POST_INSTALL_TARGET_HOOKS),$$(call $$(hook))$$(sep))
	$$(foreach hook,$$($(2)_TARGET_FINALIZE_HOOKS),$$(call $$(hook))$$(sep))
.PHONY: $$(BUILD)/.$(1)-built $$(BUILD)/.$(1)-installed
endef
directory = $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
rules = $(call package-rules,$(1),$(call UPPERCASE,$(1)),$(2))
cargo-package = $(call rules,$(notdir $(directory)),$(directory))
generic-package = $(cargo-package)

# Another package, with an init script.
OTHER_DAEMON_INSTALL_INIT_SYSV = install -D -m 0755 $(SCRIPT) $(TARGET_DIR)/etc/init.d/S99other-daemon
$(eval $(call package-rules,other-daemon,OTHER_DAEMON,.))

include $(EXTERNAL)/external.mk

built: $(BUILD)/.pilotlight-built
installed: $(BUILD)/.skeleton-init-pilotlight-installed $(BUILD)/.other-daemon-installed $(BUILD)/.pilotlight-installed
value:
	@printf '%s\n' '$($(NAME))'
.PHONY: built installed value
