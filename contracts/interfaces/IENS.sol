// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What we ask of the ENS registry (EIP-137)
interface IENSRegistry {
    /// @notice Says which account controls a name.
    /// @param node The namehash of the name (ENSIP-1).
    /// @return The account, or zero when nobody controls the name. For "eth" it is the registrar.
    function owner(bytes32 node) external view returns (address);
}

/// @title What we ask of the registrar of .eth, in which a name is a token (ERC-721)
interface IEthRegistrar {
    /// @notice Says which account owns a name. Who sells the token sells the name, though the registry goes on naming
    ///         the seller until the buyer reclaims it.
    /// @dev Reverts when the registration has run out, within the grace period too, and when there was none.
    /// @param id The hash of the label (labelhash, ENSIP-1), as an integer.
    /// @return The account; the name wrapper when the name is wrapped.
    function ownerOf(uint256 id) external view returns (address);
}

/// @title What we ask of the ENS name wrapper
interface INameWrapper {
    /// @notice Says which account holds a wrapped name.
    /// @param id The namehash of the name, as an integer.
    /// @return The account, or zero when nobody holds the name or when it has expired.
    function ownerOf(uint256 id) external view returns (address);
}

/// @title What we ask of the Universal Resolver of ENS v2
interface IUniversalResolver {
    /// @notice Says which registry holds the names below a name.
    /// @dev ENS v1's Universal Resolver, in whose place this one will be put, has no such function.
    /// @param name The name in DNS wire format.
    /// @return The registry, or zero when there is none.
    function findExactRegistry(bytes calldata name) external view returns (address);
}

/// @title What we ask of the registry of .eth of ENS v2
interface IPermissionedRegistry {
    /// @notice What a name is. A reserved one still belongs to its owner in ENS v1.
    enum Status {
        AVAILABLE,
        RESERVED,
        REGISTERED
    }

    /// @notice What the registry knows of a name.
    struct State {
        Status status;
        uint64 expiry; // seconds since 1970: from then on the name is available
        address latestOwner; // zero when it is reserved; stays when it has expired
        uint256 tokenId; // the hash of the label, with a count in its lowest 32 bits
        uint256 resource; // the same, with another count
    }

    /// @notice Says what a name is now.
    /// @param anyId The hash of the label (labelhash, ENSIP-1), as an integer.
    /// @return state What the registry knows.
    function getState(uint256 anyId) external view returns (State memory state);
}
