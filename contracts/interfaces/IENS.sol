// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What we ask of the ENS registry
interface IENSRegistry {
    /// @notice Who controls the node, zero when nobody.
    function owner(bytes32 node) external view returns (address);
}

/// @title What we ask of the ENS name wrapper
interface INameWrapper {
    /// @notice Who holds the wrapped name, zero when nobody or when it expired.
    function ownerOf(uint256 id) external view returns (address);
}
