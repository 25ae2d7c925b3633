// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What we ask of the ENS registry (EIP-137)
interface IENSRegistry {
    /// @notice Says which account controls a name.
    /// @param node The namehash of the name (ENSIP-1).
    /// @return The account, or zero when nobody controls the name. A wrapped name is controlled by the name wrapper.
    function owner(bytes32 node) external view returns (address);
}

/// @title What we ask of the ENS name wrapper
interface INameWrapper {
    /// @notice Says which account holds a wrapped name.
    /// @param id The namehash of the name, as an integer.
    /// @return The account, or zero when nobody holds the name or when it has expired.
    function ownerOf(uint256 id) external view returns (address);
}
